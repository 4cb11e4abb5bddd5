import { StoreError } from '../../store/errors';
import { reactionTo } from './settle';
import { cancelled, createBridgeParts, placed, ref, settled } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';
import { CallError } from './workflow-calls';

describe('a failure', () => {
  it.each([
    ['Temporal away', new CallError('unavailable', 'x'), false, { kind: 'again' }],
    ['no answer in time', new CallError('deadline', 'x'), false, { kind: 'again' }],
    ['a blocked lane', new CallError('deadline', 'x'), true, { kind: 'park', cause: 'blocked' }],
    [
      'what the server never takes',
      new CallError('invalid', 'too large'),
      true,
      { kind: 'never', cause: { code: 'refused', message: 'too large' } },
    ],
    ['a run that is full', new CallError('run-full', 'x'), false, { kind: 'park', cause: 'refused' }],
    ['PostgreSQL away', new StoreError('unavailable', 'x'), true, { kind: 'again' }],
    [
      'text that cannot be stored',
      new StoreError('unstorable-text', 'x'),
      false,
      { kind: 'never', cause: { code: 'unstorable-text', message: 'x' } },
    ],
    ['a bug of ours', new TypeError('x'), true, { kind: 'again' }],
  ])('by %s leads to', (_, error, blocked, reaction) => {
    expect(reactionTo(error, blocked)).toEqual(reaction);
  });
});

describe('settling a batch', () => {
  it('is tried again under the same ids when the answer is lost', async () => {
    const world = createMemoryWorld();
    const { settle, notes } = createBridgeParts(world);
    const order = placed();
    world.plan('deadline', 'unavailable');
    await expect(settle([order])).rejects.toMatchObject({ fault: 'deadline' });
    await expect(settle([order])).rejects.toMatchObject({ fault: 'unavailable' });
    await settle([order]);
    const taken = world.workflows.get(ref.subject)?.taken.map(({ eventId }) => eventId);
    expect(taken).toEqual([order.event.eventId, order.event.eventId]);
    expect(notes.get(order.event.eventId)).toEqual({ verdict: 'delivered' });
  });

  it('finds the one event that the server never takes, and delivers the others', async () => {
    const world = createMemoryWorld();
    const { settle, notes, buried } = createBridgeParts(world);
    await settle([placed()]);
    const batch = [settled(), cancelled(), settled(), settled()];
    const bad = batch[2];
    world.refuse = ({ eventId }) => eventId === bad?.event.eventId;
    await settle(batch);
    expect(batch.map(({ event }) => notes.get(event.eventId)?.verdict)).toEqual([
      'delivered',
      'delivered',
      'dead',
      'delivered',
    ]);
    expect(buried).toMatchObject([{ eventId: String(bad?.record.offset), cause: { code: 'refused' } }]);
  });

  it('is not over while the dead letter is not acknowledged', async () => {
    const world = createMemoryWorld();
    let refused = true;
    const { settle, notes } = createBridgeParts(world, {
      bury: async () => {
        if (refused) throw new Error('the dead-letter topic refuses');
      },
    });
    world.refuse = () => true;
    const order = placed();
    await expect(settle([order])).rejects.toThrow('refuses');
    expect(notes.get(order.event.eventId)).toBeUndefined();
    refused = false;
    await settle([order]);
    expect(notes.get(order.event.eventId)).toMatchObject({ verdict: 'dead' });
  });

  it('parks a lane whose calls fail while others flow, and delivers it later, in order', async () => {
    let now = 1;
    const world = createMemoryWorld(undefined, () => now);
    const { settle, notes, sweep, otherLaneTaken } = createBridgeParts(world, { now: () => now, blockedParkMs: 100 });
    await settle([placed()]);
    world.record(ref);
    const [first, second] = [settled(), cancelled()];
    world.plan('unavailable', 'unavailable');
    now = 10;
    await expect(settle([first])).rejects.toThrow();
    now = 60;
    otherLaneTaken();
    now = 120;
    await settle([first]);
    expect(notes.get(first.event.eventId)).toEqual({ verdict: 'parked', cause: 'blocked' });
    await settle([second]);
    await sweep.round();
    expect(world.workflows.get(ref.subject)?.taken.map(({ eventType }) => eventType)).toEqual([
      'OrderPlaced',
      'PaymentSettled',
      'OrderCancelled',
    ]);
    expect(world.lanes.size).toBe(0);
  });

  it('parks a start that stays blocked, and the sweep starts with it', async () => {
    let now = 1;
    const world = createMemoryWorld(undefined, () => now);
    const { settle, sweep, otherLaneTaken } = createBridgeParts(world, { now: () => now, blockedParkMs: 100 });
    const order = placed();
    world.plan('unavailable', 'unavailable');
    await expect(settle([order])).rejects.toThrow();
    now = 60;
    otherLaneTaken();
    now = 120;
    await settle([order]);
    await settle([settled()]);
    expect(world.lanes.get(ref.subject)).toMatchObject({ cause: 'blocked', events: [{}, {}] });
    await sweep.round();
    expect(world.workflows.get(ref.subject)?.taken).toHaveLength(2);
  });

  it('parks the lane of a run that is full, without waiting', async () => {
    const world = createMemoryWorld();
    const { settle, notes } = createBridgeParts(world);
    await settle([placed()]);
    world.record(ref);
    const payment = settled();
    world.plan('run-full');
    await settle([payment]);
    expect(notes.get(payment.event.eventId)).toEqual({ verdict: 'parked', cause: 'refused' });
  });

  it('of nothing is nothing', async () => {
    const world = createMemoryWorld();
    await createBridgeParts(world).settle([]);
    expect(world.calls).toEqual([]);
  });
});
