import { cancelled, createBridgeParts, LANES_PER_ROUND, placed, ref, settled, target } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';
import { CallError } from './workflow-calls';

function given(options: Parameters<typeof createBridgeParts>[1] = {}) {
  const clock = { now: 1_000 };
  const world = createMemoryWorld(undefined, () => clock.now);
  const parts = createBridgeParts(world, { now: () => clock.now, earlyMaxAgeMs: 60_000, ...options });
  const taken = () => world.workflows.get(ref.subject)?.taken.map(({ eventType }) => eventType) ?? [];
  return { clock, world, ...parts, taken };
}

describe('the sweep', () => {
  it('delivers what was early once its subject has a stream', async () => {
    const at = given();
    await at.settle([settled()]);
    await at.settle([settled()]);
    await at.sweep.round();
    expect(at.world.lanes.size).toBe(1);
    // Started by another bridge.
    await at.world.temporal.signalWithStart(ref, target, [placed().event]);
    at.world.record(ref);
    await at.sweep.round();
    expect(at.taken()).toEqual(['OrderPlaced', 'PaymentSettled', 'PaymentSettled']);
    expect(at.world.lanes.size).toBe(0);
  });

  it('records as late what waited for a subject that has closed', async () => {
    const at = given();
    const early = settled();
    await at.settle([early]);
    await at.world.temporal.signalWithStart(ref, target, [placed().event]);
    at.world.record(ref, 'closed');
    at.world.end(ref.subject);
    await at.sweep.round();
    expect(at.world.streams.get(ref.subject)?.late).toEqual([early.event]);
    expect(at.world.lanes.size).toBe(0);
  });

  it('gives up what nobody has started for too long, acknowledged before it is removed', async () => {
    let refused = true;
    const at = given({
      bury: async () => {
        if (refused) throw new Error('the dead-letter topic refuses');
      },
    });
    const early = settled();
    await at.settle([early]);
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.world.lanes.size).toBe(1);
    refused = false;
    at.clock.now += 1_000;
    await at.sweep.round();
    expect(at.buried).toMatchObject([{ eventId: early.event.eventId, cause: { code: 'never-started' } }]);
    expect(at.world.lanes.size).toBe(0);
  });

  it('gives nothing up while what starts it may still wait in Kafka', async () => {
    let caughtUp = false;
    const at = given({ mayGiveUp: () => caughtUp });
    await at.settle([settled()]);
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.buried).toEqual([]);
    expect(at.world.lanes.size).toBe(1);
    caughtUp = true;
    at.clock.now += 1_000;
    await at.sweep.round();
    expect(at.buried).toMatchObject([{ cause: { code: 'never-started' } }]);
  });

  it('does not give up what a workflow takes that has recorded nothing yet', async () => {
    const at = given();
    await at.settle([settled()]);
    await at.world.temporal.signalWithStart(ref, target, [placed().event]);
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.buried).toEqual([]);
    expect(at.taken()).toEqual(['OrderPlaced', 'PaymentSettled']);
  });

  it('keeps a lane whose workflow is gone, with longer and longer pauses', async () => {
    const at = given();
    await at.settle([placed()]);
    at.world.record(ref);
    at.world.forget(ref.subject);
    await at.settle([settled()]);
    at.world.calls.length = 0;
    const tries = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        at.clock.now += 10;
        await at.sweep.round();
      }
      return at.world.calls.filter((call) => call.startsWith('signal')).length;
    };
    const soon = await tries(10);
    expect(soon).toBeGreaterThan(1);
    expect((await tries(10)) - soon).toBeLessThan(soon);
    expect(at.world.lanes.size).toBe(1);
  });

  it('gives up the one parked event that the server never takes', async () => {
    const at = given();
    const waiting = [settled(), cancelled(), settled()];
    for (const delivery of waiting) await at.settle([delivery]);
    await at.world.temporal.signalWithStart(ref, target, [placed().event]);
    at.world.record(ref);
    at.world.refuse = ({ eventType }) => eventType === 'OrderCancelled';
    await at.sweep.round();
    expect(at.taken()).toEqual(['OrderPlaced', 'PaymentSettled', 'PaymentSettled']);
    expect(at.buried).toMatchObject([{ cause: { code: 'refused' } }]);
    expect(at.world.lanes.size).toBe(0);
  });

  it('gives up without a call, once it is old enough, what waits for a start that its host does not know', async () => {
    const at = given();
    at.world.lanes.set(ref.subject, { ref, cause: 'start-missing', parkedAt: at.clock.now, events: [settled().event] });
    at.world.workflows.set(ref.subject, { running: true, taken: [] }); // a host takes whatever comes
    for (let round = 0; round < 15; round += 1) await at.sweep.round();
    at.clock.now += 59_999;
    await at.sweep.round();
    expect(at.world.lanes.size).toBe(1);
    at.clock.now += 1;
    await at.sweep.round();
    expect(at.buried).toMatchObject([
      { cause: { code: 'never-started', message: expect.stringContaining('its host') } },
    ]);
    expect(at.world.lanes.size).toBe(0);
    expect(at.world.calls).toEqual([]);
  });

  it('bug: a blocked lane whose start was lost with its host went round between lane and host for ever', async () => {
    const at = given({ maxEvents: 1 });
    const events = [settled().event, settled().event, settled().event];
    at.world.lanes.set(ref.subject, { ref, cause: 'blocked', parkedAt: at.clock.now, events: [...events] });
    at.world.workflows.set(ref.subject, { running: true, taken: [] }); // a host takes whatever comes
    const { signal } = at.world.temporal;
    let room = 1; // and no more while so many wait in it
    at.world.temporal.signal = async (...call) => {
      if (room === 0) throw new CallError('busy', 'full');
      room -= 1;
      return signal(...call);
    };
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.world.lanes.get(ref.subject)?.events).toHaveLength(2);
    const [given1] = events;
    if (given1 === undefined) throw new Error('there is no event');
    await at.world.store.parking.tryHold(ref.subject, (lane) => lane.park(ref, [given1], 'start-missing'));
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.buried.map(({ eventId }) => eventId).sort()).toEqual(events.map(({ eventId }) => eventId).sort());
    expect(at.world.lanes.size).toBe(0);
  });

  it('delivers the start that has come into such a lane', async () => {
    const at = given();
    const events = [settled().event, placed().event];
    at.world.lanes.set(ref.subject, { ref, cause: 'start-missing', parkedAt: at.clock.now, events });
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.taken()).toEqual(['OrderPlaced', 'PaymentSettled']);
    expect(at.buried).toEqual([]);
  });

  it('bug: a start parked behind a full call of early events was never found', async () => {
    const at = given({ maxEvents: 2 });
    const waiting = [settled(), settled(), settled(), placed(), settled()];
    await at.dispatch.park(waiting, 'blocked');
    await at.sweep.round();
    const [first, second, third, start, last] = waiting.map(({ event }) => event.eventId);
    expect(at.world.workflows.get(ref.subject)?.taken.map(({ eventId }) => eventId)).toEqual([
      start,
      first,
      second,
      third,
      last,
    ]);
    expect(at.world.lanes.size).toBe(0);
  });

  it('bug: blocked lanes that wait for their next try took the turns of those that were never tried', async () => {
    const at = given();
    const stuck = { cause: 'blocked' as const, parkedAt: at.clock.now, events: [placed().event] };
    for (let nth = 0; nth < LANES_PER_ROUND; nth += 1) {
      const subject = `orderSaga/acme/stuck-${nth}`;
      at.world.lanes.set(subject, { ...stuck, ref: { ...ref, subject } });
    }
    const start = at.world.temporal.signalWithStart;
    at.world.temporal.signalWithStart = (to, ...given) =>
      to.subject === ref.subject ? start(to, ...given) : Promise.reject(new CallError('busy', 'stuck'));
    await at.sweep.round();
    await at.dispatch.park([placed()], 'blocked');
    for (let round = 0; round < 10; round += 1) {
      at.clock.now += 1_000; // longer than the longest wait for a next try
      await at.sweep.round();
    }
    expect(at.taken()).toEqual(['OrderPlaced']);
    expect(at.world.lanes.size).toBe(LANES_PER_ROUND);
  });

  it('leaves lanes of targets that it does not know', async () => {
    const at = given();
    const other = { ...ref, subject: 'other/acme/1', target: 'other' };
    at.world.lanes.set(other.subject, { ref: other, cause: 'early', parkedAt: 0, events: [settled().event] });
    at.clock.now += 60_001;
    await at.sweep.round();
    expect(at.world.lanes.size).toBe(1);
  });

  it('passes a lane that another bridge holds', async () => {
    const at = given();
    await at.settle([settled()]);
    await at.world.temporal.signalWithStart(ref, target, [placed().event]);
    at.world.record(ref);
    await at.world.store.parking.tryHold(ref.subject, () => at.sweep.round());
    expect(at.taken()).toEqual(['OrderPlaced']);
    await at.sweep.round();
    expect(at.taken()).toEqual(['OrderPlaced', 'PaymentSettled']);
  });
});

describe('a lane that hangs', () => {
  it('holds up neither the next look nor other lanes', async () => {
    const at = given();
    await at.settle([placed()]);
    at.world.record(ref);
    const other = { ...ref, subject: 'orderSaga/acme/order-2', key: 'order-2' };
    await at.world.temporal.signalWithStart(other, target, [placed().event]);
    at.world.record(other);
    const parkIn = (where: typeof ref) =>
      at.world.lanes.set(where.subject, { ref: where, cause: 'blocked', parkedAt: 0, events: [settled().event] });
    const signal = at.world.temporal.signal;
    let answer = () => {};
    at.world.temporal.signal = (to, events) =>
      to.key === 'order-2'
        ? signal(to, events)
        : new Promise((resolve) => {
            answer = () => resolve(signal(to, events));
          });
    parkIn(ref);
    const hanging = at.sweep.round();
    await new Promise((resolve) => setImmediate(resolve));
    parkIn(other);
    const second = at.sweep.round();
    await new Promise((resolve) => setImmediate(resolve));
    expect([...at.world.lanes.keys()]).toEqual([ref.subject]);
    answer();
    await Promise.all([hanging, second]);
    expect(at.taken()).toHaveLength(2);
  });
});

describe('a sweep that is stopped', () => {
  it('waits for the lanes in hand, not for those that wait for their turn', async () => {
    const at = given({ width: 1 });
    const subjects = ['order-1', 'order-2', 'order-3'].map((key) => ({
      ...ref,
      subject: `orderSaga/acme/${key}`,
      key,
    }));
    for (const one of subjects) {
      await at.world.temporal.signalWithStart(one, target, [placed().event]);
      at.world.record(one);
      at.world.lanes.set(one.subject, { ref: one, cause: 'blocked', parkedAt: 0, events: [settled().event] });
    }
    const signal = at.world.temporal.signal;
    let answer = () => {};
    at.world.temporal.signal = (to, events) =>
      new Promise((resolve) => {
        answer = () => resolve(signal(to, events));
      });
    const round = at.sweep.round();
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = at.sweep.stop();
    answer();
    await Promise.all([round, stopped]);
    expect(at.world.lanes.size).toBe(2);
  });
});

describe('the running sweep', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('rounds at its interval, also after a failure, until it is stopped', async () => {
    const at = given();
    let rounds = 0;
    at.world.store.parking.due = async () => {
      rounds += 1;
      throw new Error('the store is away');
    };
    at.sweep.start();
    await jest.advanceTimersByTimeAsync(3_500);
    expect(rounds).toBe(3);
    await at.sweep.stop();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(rounds).toBe(3);
  });

  it('delivers at once what waits for a subject that this bridge has started, before it has a stream', async () => {
    const at = given();
    await at.settle([settled()]);
    await at.world.temporal.signalWithStart(ref, target, [placed().event]);
    at.sweep.started(ref);
    await jest.advanceTimersByTimeAsync(100);
    expect(at.taken()).toEqual(['OrderPlaced', 'PaymentSettled']);
    await at.sweep.stop();
    at.sweep.started(ref);
    expect(jest.getTimerCount()).toBe(0);
  });
});
