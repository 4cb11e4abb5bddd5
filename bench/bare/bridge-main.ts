import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { registry } from '@millrace/events';
import { createKafkajsDriver } from '@millrace/kafka';
import { Client } from '@temporalio/client';
import { Pool } from 'pg';
import { type BridgeOptions, createBridge } from '../../bridges/inbound/bridge';
import { createCallCounter } from '../../bridges/inbound/call-counter';
import { quickConnection } from '../../bridges/inbound/quick-connection';
import { routes } from '../../bridges/inbound/routes';
import { temporalCalls } from '../../bridges/inbound/temporal-calls';
import { createStore } from '../../store';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { now } from '../now';
import { setting } from '../setting';
import { type BareCall, type BareReport, type BareRuns, bareTarget } from './calls';

/** The bridge alone: its store knows nothing and keeps nothing. */
const noStore: BridgeOptions['store'] = {
  recordLate: async () => [],
  streams: { verdicts: async (_, eventIds) => eventIds.map(() => 'no-stream' as const) },
  parking: {
    parked: async () => new Set(),
    tryHold: async () => undefined,
    due: async () => [],
    unstarted: async () => [],
  },
  ledger: { write: async () => undefined },
};

/** Counts and keeps the calls of one tenant; when all its events are delivered, tells so in a file named after it. */
function createTally(tenantId: string, events: number): (call: BareCall) => void {
  const made: BareCall[] = [];
  let delivered = 0;
  const loop = monitorEventLoopDelay();
  return (call) => {
    if (made.length === 0) loop.enable();
    made.push(call);
    delivered += call.events.length;
    if (delivered < events) return;
    const report: BareReport = { at: now(), loopP99Ms: loop.percentile(99) / 1e6, calls: made };
    const path = join(setting('BARE_REPORTS'), tenantId);
    writeFileSync(`${path}.part`, JSON.stringify(report));
    renameSync(`${path}.part`, path);
  };
}

const ledger = (): BridgeOptions['store']['ledger'] =>
  createStore({ pool: new Pool({ connectionString: setting('DATABASE_URL') }) }).ledger;

async function main(): Promise<void> {
  const runs: BareRuns = JSON.parse(setting('BARE_RUNS'));
  const tallies = new Map(Object.entries(runs).map(([tenantId, events]) => [tenantId, createTally(tenantId, events)]));
  const connection = await quickConnection({ address: setting('TEMPORAL_ADDRESS') });
  const driver = createKafkajsDriver({ brokers: setting('KAFKA_BROKERS').split(','), clientId: 'bare' });
  const real = temporalCalls(new Client({ connection }));
  const workflows = createCallCounter().own({
    async signal(ref, batch) {
      const tell = tallies.get(ref.tenantId);
      if (tell === undefined) return 'taken';
      await real.signal(ref, batch);
      tell({ ref, starts: false, events: batch });
      return 'taken';
    },
    async signalWithStart(ref, _, batch) {
      const tell = tallies.get(ref.tenantId);
      if (tell === undefined) return 'taken';
      await real.signalWithStart({ ...ref, target: 'bareSink' }, bareTarget('bareSink'), batch);
      tell({ ref, starts: true, events: batch });
      return 'taken';
    },
    barrier: (ref, deadlineMs) => real.barrier(ref, deadlineMs),
  });
  const bridge = createBridge({
    driver,
    producer: await driver.producer(),
    store: setting('BARE_LEDGER') === 'on' ? { ...noStore, ledger: ledger() } : noStore,
    workflows,
    registry,
    routes: routes.filter(({ targets }) => targets.some(({ target }) => target === appointmentJourneyContract.target)),
    groupId: `bare.${Object.keys(runs).join('.')}`,
  });
  process.once('SIGTERM', () => void bridge.stop().finally(() => process.exit(0)));
  await bridge.start();
  console.log(JSON.stringify({ msg: 'started' }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
