import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encode } from '@millrace/events';
import { placed } from '../../workflows/testing/events';
import { type Servers, startServers, until } from '../testing/servers';
import { type CountedCalls, createCallCounter } from './call-counter';

const MIB = 1024 * 1024;
const BOUND = 4 * MIB;
const RECORDS = 1_600;
const RECORD_BYTES = 40_000;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
function memoryBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Temporal, which answers nothing until it goes on. */
function hangingTemporal(): { calls: CountedCalls; goOn: () => void; taken: () => number } {
  let goOn = (): void => undefined;
  let taken = 0;
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const take = async (events: readonly unknown[]) => {
    await going;
    taken += events.length;
    return 'taken' as const;
  };
  return {
    calls: createCallCounter().own({
      signal: (_ref, events) => take(events),
      signalWithStart: (_ref, _target, events) => take(events),
      barrier: () => take([]),
    }),
    goOn,
    taken: () => taken,
  };
}

describe('a bridge with a topic much larger than what it may hold', () => {
  let servers: Servers;
  beforeEach(async () => {
    servers = await startServers();
  }, 60_000);
  afterEach(() => servers.stop(), 60_000);

  it('stops reading while Temporal hangs, its memory stays flat, and everything goes through afterwards', async () => {
    const { topics, tenantId } = servers;
    const metadata = { note: 'x'.repeat(RECORD_BYTES) };
    for (let sent = 0; sent < RECORDS; sent += 40) {
      const orders = Array.from({ length: 40 }, (_, nth) => ({ ...placed(`order-${sent + nth}`), tenantId, metadata }));
      await servers.send(orders.map((order) => encode(order, { topic: topics.orders })));
    }
    const temporal = hangingTemporal();
    const before = memoryBytes();
    const bridge = await servers.bridge({ workflows: temporal.calls, limits: { maxBufferedBytes: BOUND } });
    await until('both partitions are paused', async () => bridge.stats()?.paused === 2);
    const held: number[] = [];
    const memory: number[] = [];
    for (let look = 0; look < 20; look += 1) {
      await new Promise((next) => setTimeout(next, 150));
      held.push(bridge.stats()?.bufferedBytes ?? 0);
      memory.push(memoryBytes() - before);
    }
    // Beyond the bound comes what the last fetch of each partition brought.
    expect(Math.max(...held)).toBeLessThan(BOUND + 2 * MIB);
    expect(held.at(-1)).toBe(held[0]);
    // Of each record: its bytes, and the event that was read from them.
    expect(Math.max(...memory)).toBeLessThan(6 * BOUND);
    expect(Math.max(...memory)).toBeLessThan((RECORDS * RECORD_BYTES) / 2);

    temporal.goOn();
    await until('everything is delivered', async () => temporal.taken() === RECORDS, 60_000);
    await until('everything is committed', async () => bridge.stats()?.bufferedBytes === 0);
    expect(bridge.lag().every(({ lag }) => lag === 0)).toBe(true);
    expect(memoryBytes() - before).toBeLessThan(3 * BOUND);
  }, 120_000);
});
