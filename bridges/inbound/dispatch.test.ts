import type { Delivery } from './delivery';
import { LaneHeld } from './dispatch';
import { cancelled, createBridgeParts, placed, ref, settled } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';

function given(options: Parameters<typeof createBridgeParts>[1] = {}) {
  const world = createMemoryWorld();
  const parts = createBridgeParts(world, options);
  const verdicts = (deliveries: readonly Delivery[]) =>
    deliveries.map(({ event }) => {
      const noted = parts.notes.get(event.eventId);
      return [noted?.verdict, noted?.cause].filter((part) => part !== undefined).join(' ');
    });
  const takenBy = (subject = ref.subject) =>
    world.workflows.get(subject)?.taken.map(({ eventType }) => eventType) ?? [];
  const parkedIn = (subject = ref.subject) => world.lanes.get(subject)?.events.map(({ eventType }) => eventType) ?? [];
  return { world, ...parts, verdicts, takenBy, parkedIn };
}

/** A subject whose workflow runs and has recorded its start. */
async function started(options: Parameters<typeof createBridgeParts>[1] = {}) {
  const at = given(options);
  const order = placed();
  await at.dispatch.deliver([order]);
  at.world.record(ref);
  at.world.calls.length = 0;
  return { ...at, order };
}

describe('delivering to a subject that is not there', () => {
  it('starts it with all that comes with the start, in one call', async () => {
    const at = given();
    const batch = [placed(), settled()];
    await at.dispatch.deliver(batch);
    expect(at.world.calls).toEqual([`start ${batch.map(({ event }) => event.eventId).join(',')}`]);
    expect(at.verdicts(batch)).toEqual(['delivered', 'delivered']);
    expect(at.started).toEqual([ref.subject]);
  });

  it('parks what cannot start it, and what comes behind, in order', async () => {
    const at = given();
    const [first, second] = [settled(), cancelled()];
    await at.dispatch.deliver([first]);
    await at.dispatch.deliver([second]);
    expect(at.parkedIn()).toEqual(['PaymentSettled', 'OrderCancelled']);
    expect(at.verdicts([first, second])).toEqual(['parked early', 'parked early']);
  });

  it('ignores what is to be ignored, with a lane parked or not', async () => {
    const at = given();
    const [alone, early, behind] = [settled({ whenMissing: 'ignore' }), settled(), settled({ whenMissing: 'ignore' })];
    for (const delivery of [alone, early, behind]) await at.dispatch.deliver([delivery]);
    expect(at.verdicts([alone, early, behind])).toEqual(['ignored no-subject', 'parked early', 'ignored no-subject']);
    expect(at.parkedIn()).toHaveLength(1);
  });

  it('lets a start pass what waits for it, and delivers that before the rest of the batch', async () => {
    const at = given();
    await at.dispatch.deliver([settled()]);
    await at.dispatch.deliver([placed(), cancelled()]);
    expect(at.takenBy()).toEqual(['OrderPlaced', 'PaymentSettled', 'OrderCancelled']);
    expect(at.parkedIn()).toEqual([]);
  });

  it('bug: took a lane that its host had parked for empty, as it had been, and what followed the start passed what was parked', async () => {
    const at = given();
    const [waiting, start, behind] = [settled(), placed(), cancelled()];
    at.memory.of(ref.subject).parked = false;
    await at.world.store.parking.tryHold(ref.subject, (lane) => lane.park(ref, [waiting.event], 'start-missing'));
    await at.dispatch.deliver([start]);
    await at.dispatch.deliver([behind]);
    expect(at.takenBy()).toEqual(['OrderPlaced', 'PaymentSettled', 'OrderCancelled']);
  });

  it('starts with the start, also when it is not first in the batch', async () => {
    const at = given();
    await at.dispatch.deliver([settled(), placed(), cancelled()]);
    expect(at.takenBy()).toEqual(['OrderPlaced', 'PaymentSettled', 'OrderCancelled']);
  });

  it('signals a workflow that was started but has recorded nothing yet', async () => {
    const at = given();
    await at.dispatch.deliver([placed()]);
    const early = settled();
    await at.dispatch.deliver([early]);
    expect(at.verdicts([early])).toEqual(['delivered']);
    expect(at.parkedIn()).toEqual([]);
  });

  it('parks a start whose workflow ended before it recorded anything', async () => {
    const at = given();
    await at.dispatch.deliver([placed()]);
    at.world.end(ref.subject);
    const again = placed();
    await at.dispatch.deliver([again]);
    expect(at.verdicts([again])).toEqual(['parked workflow-gone']);
  });
});

describe('delivering to an open subject', () => {
  it('signals a start like any event', async () => {
    const at = await started();
    const batch = [settled(), placed()];
    await at.dispatch.deliver(batch);
    expect(at.verdicts(batch)).toEqual(['delivered', 'delivered']);
    expect(at.takenBy()).toEqual(['OrderPlaced', 'PaymentSettled', 'OrderPlaced']);
  });

  it('parks the lane when its workflow is gone, and never starts another', async () => {
    const at = await started();
    at.world.forget(ref.subject);
    const [payment, start] = [settled(), placed()];
    await at.dispatch.deliver([payment]);
    await at.dispatch.deliver([start]);
    expect(at.verdicts([payment, start])).toEqual(['parked workflow-gone', 'parked workflow-gone']);
    expect(at.takenBy()).toEqual([]);
  });

  it('finds a duplicate by the store when its workflow is gone', async () => {
    const at = await started();
    at.world.end(ref.subject);
    await at.dispatch.deliver([at.order]);
    expect(at.verdicts([at.order])).toEqual(['duplicate']);
  });

  it('signals without the hold once another bridge has drained the lane', async () => {
    const at = await started();
    at.memory.of(ref.subject).parked = true;
    await at.dispatch.deliver([settled()]);
    expect(at.memory.of(ref.subject).parked).toBe(false);
    expect(at.takenBy()).toEqual(['OrderPlaced', 'PaymentSettled']);
  });
});

describe('delivering to a closed subject', () => {
  it('tells duplicates from late events', async () => {
    const at = await started();
    at.world.record(ref, 'closed');
    at.world.end(ref.subject);
    const late = settled();
    await at.dispatch.deliver([at.order, late]);
    expect(at.verdicts([at.order, late])).toEqual(['duplicate', 'late closed']);
    expect(at.world.streams.get(ref.subject)?.late).toEqual([late.event]);
  });

  it('records an event once as late, however often it comes', async () => {
    const at = await started();
    at.world.record(ref, 'closed');
    at.world.end(ref.subject);
    const late = settled();
    await at.dispatch.deliver([late]);
    await at.dispatch.deliver([late]);
    expect(at.verdicts([late])).toEqual(['duplicate']);
    expect(at.world.streams.get(ref.subject)?.late).toHaveLength(1);
  });

  it('ignores late events where the contract says so', async () => {
    const at = await started();
    at.world.record(ref, 'closed');
    at.world.end(ref.subject);
    const late = settled();
    const ignored = { ...late, target: { ...late.target, late: 'ignore' as const } };
    await at.dispatch.deliver([ignored]);
    expect(at.verdicts([late])).toEqual(['ignored late']);
    expect(at.world.streams.get(ref.subject)?.late).toEqual([]);
  });

  it('records what a lane that was parked before the close gets now', async () => {
    const at = await started();
    at.memory.of(ref.subject).parked = true;
    at.world.record(ref, 'closed');
    const late = settled();
    await at.dispatch.deliver([late]);
    expect(at.verdicts([late])).toEqual(['late closed']);
  });
});

describe('a lane in other hands', () => {
  it('is tried again a few times, then by the consumer', async () => {
    const pauses: number[] = [];
    const at = given({ pause: async (ms) => void pauses.push(ms) });
    await at.dispatch.deliver([settled()]);
    await at.world.store.parking.tryHold(ref.subject, async () => {
      await expect(at.dispatch.deliver([settled()])).rejects.toThrow(LaneHeld);
    });
    expect(pauses.length).toBeGreaterThan(2);
    expect(at.parkedIn()).toHaveLength(1);
  });

  it('is read again after work under the hold failed half-way', async () => {
    const at = given();
    await at.dispatch.deliver([settled()]);
    at.memory.of(ref.subject).parked = false;
    const batch = [settled(), placed()];
    // The signal meets nobody, the start is taken, the drain fails: the lane still holds what waits.
    at.world.plan(undefined, undefined, 'unavailable');
    await expect(at.dispatch.deliver(batch)).rejects.toThrow('unavailable');
    expect(at.memory.of(ref.subject).parked).toBeUndefined();
  });

  it('is asked about once per assignment', async () => {
    const at = await started();
    at.memory.of(ref.subject).parked = false;
    at.memory.forgetParked();
    at.world.lanes.set(ref.subject, { ref, cause: 'early', parkedAt: 0, events: [settled().event] });
    const behind = settled();
    await at.dispatch.deliver([behind]);
    expect(at.parkedIn()).toHaveLength(2);
    expect(at.verdicts([behind])).toEqual(['parked blocked']);
  });
});

describe('nothing', () => {
  it('is delivered and parked without a call', async () => {
    const at = given();
    await at.dispatch.deliver([]);
    await at.dispatch.park([], 'blocked');
    expect(at.world.calls).toEqual([]);
  });
});
