import { cancelled, decided, fresh, placed, settled } from '../testing/events';
import type { StepName } from '../testing/memory-services';
import type { TestSubject } from '../testing/subject-client';
import { startTimeSkipping, type TimeSkipping } from '../testing/time-skipping';

let platform: TimeSkipping;
beforeAll(async () => {
  platform = await startTimeSkipping();
}, 60_000);
afterAll(() => platform?.stop(), 30_000);
jest.setTimeout(30_000);

const steps = [
  {
    step: 'stock',
    run: 'reserveStock',
    undo: 'releaseStock',
    refusal: 'out-of-stock',
    undoRefusal: 'release-refused',
    stages: ['placed'],
    undos: ['releaseStock'],
    next: 'requestPayment',
  },
  {
    step: 'payment',
    run: 'requestPayment',
    undo: 'voidPayment',
    refusal: 'payment-refused',
    undoRefusal: 'bad-request',
    stages: ['placed', 'stock-reserved'],
    undos: ['voidPayment', 'releaseStock'],
    next: 'bookShipment',
  },
  {
    step: 'shipment',
    run: 'bookShipment',
    undo: 'cancelShipment',
    refusal: 'carrier-refused',
    undoRefusal: 'bad-request',
    stages: ['placed', 'stock-reserved', 'paid'],
    undos: ['cancelShipment', 'voidPayment', 'releaseStock'],
    next: undefined,
  },
] as const;

/** The payment is settled before it is asked for: the event waits in the inbox until it is needed. */
const start = (orderId: string): Promise<TestSubject> =>
  platform.start('orderSaga', orderId, [placed(orderId), settled(orderId)]);

const undosOf = (orderId: string): string[] =>
  platform.services.sequence(orderId).filter((call) => steps.some((each) => each.undo === call));

const expectTakenBack = ({ undos, stages }: (typeof steps)[number], orderId: string, subject: string): void => {
  expect(undosOf(orderId)).toEqual(undos);
  expect(platform.services.inForce(subject)).toEqual([]);
  expect(platform.store.stages(subject)).toEqual([...stages, 'compensating', 'cancelled']);
  expect(platform.store.stream(subject).status).toBe('closed');
};

describe.each(steps)('orderSaga, step $step', (tried) => {
  const { step, run, undo, refusal, undoRefusal, stages, undos, next } = tried;

  test('undoes last-first when it is refused', async () => {
    const orderId = fresh('refused');
    platform.services.fault(orderId, run, { kind: 'refused', type: refusal });
    const { subject, handle } = await start(orderId);
    expect(await handle.result()).toBe('cancelled');
    expectTakenBack(tried, orderId, subject);
    expect(platform.services.attemptsOf(orderId, run)).toBe(1);
    expect(platform.services.effects(subject, step)).toBe(0);
    expect(platform.store.reasons(subject)).toContain(`${refusal}: refused by the test`);
  });

  test('goes on when it fails a few times', async () => {
    const orderId = fresh('fails');
    platform.services.fault(orderId, run, { kind: 'fails', times: 3 });
    const { subject, handle } = await start(orderId);
    expect(await handle.result()).toBe('completed');
    expect(platform.services.attemptsOf(orderId, run)).toBe(4);
    expect(platform.services.inForce(subject)).toEqual(['stock', 'payment', 'shipment']);
  });

  test('is undone when it was done and no answer came', async () => {
    const orderId = fresh('lost');
    platform.services.fault(orderId, run, { kind: 'answer-lost' });
    const { subject, handle } = await start(orderId);
    expect(await handle.result()).toBe('cancelled');
    expectTakenBack(tried, orderId, subject);
    expect(platform.services.effects(subject, step)).toBe(1);
    expect(platform.services.attemptsOf(orderId, run)).toBeGreaterThan(3);
  });

  test('is refused when it arrives after its undo', async () => {
    const orderId = fresh('lands');
    platform.services.fault(orderId, run, { kind: 'lands-after-undo' });
    const { subject, handle } = await start(orderId);
    expect(await handle.result()).toBe('cancelled');
    expectTakenBack(tried, orderId, subject);
    expect(platform.services.effects(subject, step)).toBe(0);
  });

  test('is undone after it when the customer cancels during it', async () => {
    const orderId = fresh('cancel');
    platform.services.fault(orderId, run, { kind: 'held' });
    const { subject, handle, send, barrier } = await start(orderId);
    await platform.services.untilCalled(orderId, run);
    const cancel = cancelled(orderId);
    await send(cancel);
    await barrier();
    platform.services.release(orderId, run);
    expect(await handle.result()).toBe('cancelled');
    expectTakenBack(tried, orderId, subject);
    expect(platform.services.effects(subject, step)).toBe(1);
    if (next) expect(platform.services.attemptsOf(orderId, next)).toBe(0);
    const compensating = platform.store.stream(subject).transitions.find(({ to }) => to === 'compensating');
    expect(compensating).toMatchObject({ causes: [cancel.eventId], reason: 'called-off: by OrderCancelled' });
  });

  describe('whose undo fails', () => {
    /** Fails after the step is done: by the customer's cancellation during it. */
    const startAndFail = async (orderId: string, times?: number): Promise<TestSubject> => {
      platform.services.fault(orderId, run, { kind: 'held' });
      platform.services.fault(orderId, undo, { kind: 'refused', type: undoRefusal, ...(times && { times }) });
      const order = await start(orderId);
      await platform.services.untilCalled(orderId, run);
      await order.send(cancelled(orderId));
      await order.barrier();
      platform.services.release(orderId, run);
      await platform.store.untilStage(order.subject, 'stuck');
      return order;
    };
    const versionOf = (subject: string): number => platform.store.stream(subject).version;
    const stillTaken: StepName[] = [step];

    test('is stuck, the other steps undone, and is retried by an operator', async () => {
      const orderId = fresh('retry');
      const { subject, handle, send } = await startAndFail(orderId, 1);
      expect(platform.services.inForce(subject)).toEqual(stillTaken);
      expect(platform.store.reasons(subject)).toContainEqual(
        expect.stringContaining(`not undone: ${step} (${undoRefusal}: `),
      );
      await send(decided(orderId, 'retry', versionOf(subject)));
      expect(await handle.result()).toBe('cancelled');
      expect(platform.services.inForce(subject)).toEqual([]);
      expect(undosOf(orderId)).toEqual(undos);
      expect(platform.store.stages(subject)).toEqual([...stages, 'compensating', 'stuck', 'compensating', 'cancelled']);
      for (const each of undos) {
        expect(platform.services.attemptsOf(orderId, each)).toBe(each === undo ? 2 : 1);
      }
    });

    test('is stuck again after a retry in vain, and is given up by an operator', async () => {
      const orderId = fresh('give-up');
      const { subject, handle, send } = await startAndFail(orderId);
      const first = versionOf(subject);
      await send(decided(orderId, 'retry', first));
      await platform.store.untilStage(subject, 'stuck', first + 1);
      await send(decided(orderId, 'give-up', versionOf(subject)));
      expect(await handle.result()).toBe('abandoned');
      expect(platform.services.inForce(subject)).toEqual(stillTaken);
      expect(platform.store.stages(subject).slice(-4)).toEqual(['stuck', 'compensating', 'stuck', 'abandoned']);
      expect(platform.store.reasons(subject).at(-1)).toBe('given up by ada');
    });
  });
});

// Last: an activity that outlives its workflow stops the test server's clock from being skipped.
describe.each(steps)('orderSaga, step $step', (tried) => {
  const { step, run } = tried;

  test('is undone when Temporal is asked to cancel during it, and refused when it arrives after that', async () => {
    const orderId = fresh('cancel-request');
    platform.services.fault(orderId, run, { kind: 'held' });
    const { subject, handle } = await start(orderId);
    await platform.services.untilCalled(orderId, run);
    await handle.cancel();
    expect(await handle.result()).toBe('cancelled');
    platform.services.release(orderId, run);
    expectTakenBack(tried, orderId, subject);
    expect(platform.services.effects(subject, step)).toBe(0);
  });
});
