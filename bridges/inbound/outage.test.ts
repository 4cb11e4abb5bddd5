import type { Placement } from '../../store/types';
import { pooled } from '../../workflows/kit/contract';
import { createCallLimiter } from './call-limiter';
import { hostedCalls } from './hosted-workflows';
import { subjectRef } from './subject';
import { createBridgeParts, placed, settled, target } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';
import { CallError } from './workflow-calls';

const MINUTE = 60_000;

/** A bridge whose journeys are pooled; its clock is jest's. */
function given() {
  const world = createMemoryWorld();
  const places = new Map<string, Placement>();
  const found = (subjects: readonly string[]) => new Map([...places].filter(([subject]) => subjects.includes(subject)));
  const temporal = { away: false, taken: [] as string[] };
  const workflows = hostedCalls({
    own: world.temporal,
    hostCalls: () => ({
      async send(batches) {
        if (temporal.away) throw new CallError('unavailable', 'away');
        temporal.taken.push(...batches.flatMap(({ events }) => events.map(({ eventId }) => eventId)));
      },
      async barrier() {
        if (temporal.away) throw new CallError('unavailable', 'away');
        return 0;
      },
    }),
    limiter: createCallLimiter(),
    placement: {
      find: async (subjects) => found(subjects),
      place: async (wanted) => {
        for (const [subject, place] of wanted) places.set(subject, place);
        return found([...wanted.keys()]);
      },
    },
    hostings: new Map([[target.target, pooled({ hosts: 1 })]]),
  });
  const parts = createBridgeParts(world, { workflows, blockedParkMs: 30_000, callsPerBarrier: 2 });
  /** Told once the time that it takes has passed. */
  const settle = async (...batch: Parameters<typeof parts.settle>[0]) => {
    const ended = parts.settle(batch).then(
      () => 'settled' as const,
      () => 'again' as const,
    );
    await jest.advanceTimersByTimeAsync(10_000);
    return ended;
  };
  return { ...parts, settle, world, temporal };
}

describe('an outage of Temporal', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('bug: parked busy pooled lanes as blocked, because answers that need no call counted as others that flow', async () => {
    const { settle, world, temporal } = given();
    await settle(placed());
    temporal.away = true;
    const busy = settled();
    for (const end = Date.now() + 10 * MINUTE; Date.now() < end; ) {
      expect(await settle(busy)).toBe('again');
      const early = settled({ ref: subjectRef(target.target, 'acme', `early-${Date.now()}`) });
      expect(await settle(early)).toBe('settled');
    }
    expect(new Set([...world.lanes.values()].map(({ cause }) => cause))).toEqual(new Set(['early']));
    temporal.away = false;
    expect(await settle(busy)).toBe('settled');
    expect(temporal.taken).toContain(busy.event.eventId);
  });
});
