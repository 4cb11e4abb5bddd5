import { STATUS } from '../kit/wire';
import { cancelled, decided, declined, fresh, placed, settled } from '../testing/events';
import { refOf, type TestSubject } from '../testing/subject-client';
import { startTimeSkipping, type TimeSkipping } from '../testing/time-skipping';

let platform: TimeSkipping;
beforeAll(async () => {
  platform = await startTimeSkipping();
}, 60_000);
afterAll(() => platform?.stop(), 30_000);
afterEach(() => {
  if (platform) platform.services.policy = { paymentDeadlineMs: 15 * 60_000 };
  platform?.store.reset();
});
jest.setTimeout(30_000);

const start = (orderId: string, ...more: Parameters<TestSubject['send']>): Promise<TestSubject> =>
  platform.start('orderSaga', orderId, [placed(orderId), ...more]);

const failedTasks = async ({ handle }: TestSubject): Promise<number> => {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length;
};

describe('orderSaga', () => {
  test('completes an order', async () => {
    const orderId = fresh('order');
    const order = await start(orderId);
    await platform.store.untilStage(order.subject, 'stock-reserved');
    const payment = settled(orderId);
    await order.send(payment);
    expect(await order.handle.result()).toBe('completed');
    const stream = platform.store.stream(order.subject);
    expect(platform.store.stages(order.subject)).toEqual(['placed', 'stock-reserved', 'paid', 'completed']);
    expect(platform.services.inForce(order.subject)).toEqual(['stock', 'payment', 'shipment']);
    expect(stream.transitions[2]?.causes).toEqual([payment.eventId]);
    expect(stream.consumed.get(payment.eventId)).toBe(2);
    expect(stream.status).toBe('closed');
  });

  test('shows stage, version and deadline, and the stage as a search attribute', async () => {
    const orderId = fresh('status');
    const order = await start(orderId);
    await platform.store.untilStage(order.subject, 'stock-reserved');
    await platform.services.untilCalled(orderId, 'requestPayment');
    const { deadline } = platform.store.stream(order.subject);
    expect(await order.handle.query(STATUS)).toEqual({
      subject: order.subject,
      stage: 'stock-reserved',
      version: 2,
      deadline,
      waiting: 0,
    });
    expect(deadline).toMatch(/Z$/);
    expect((await order.handle.describe()).searchAttributes['Stage']).toEqual(['stock-reserved']);
    await order.send(settled(orderId));
    await order.handle.result();
  });

  test('carries the trace of the causing event into the transitions', async () => {
    const orderId = fresh('trace');
    const traced = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
    const order = await platform.start('orderSaga', orderId, [{ ...placed(orderId), traceparent: traced('1') }]);
    await order.send({ ...settled(orderId), traceparent: traced('2') });
    await order.handle.result();
    expect(platform.store.stream(order.subject).traceparents).toEqual(['1', '1', '2', '2'].map(traced));
  });

  test.each([
    ['declined', (orderId: string) => declined(orderId), 'payment-declined: card expired'],
    ['of another amount', (orderId: string) => settled(orderId, { amountCents: 2_499 }), 'payment-mismatch'],
    ['in another currency', (orderId: string) => settled(orderId, { currency: 'USD' }), 'payment-mismatch'],
  ])('undoes last-first when the payment is %s', async (_, answer, reason) => {
    const orderId = fresh('unpaid');
    const event = answer(orderId);
    const order = await start(orderId, event);
    expect(await order.handle.result()).toBe('cancelled');
    expect(platform.services.sequence(orderId)).toEqual([
      'reserveStock',
      'requestPayment',
      'voidPayment',
      'releaseStock',
    ]);
    expect(platform.services.inForce(order.subject)).toEqual([]);
    const compensating = platform.store.stream(order.subject).transitions[2];
    expect(compensating).toMatchObject({ to: 'compensating', causes: [event.eventId] });
    expect(compensating?.reason).toContain(reason);
  });

  test('waits for the payment until the deadline, and then undoes', async () => {
    const orderId = fresh('unanswered');
    const order = await start(orderId);
    await platform.store.untilStage(order.subject, 'stock-reserved');
    await platform.env.sleep('14 minutes');
    expect(platform.store.stream(order.subject).stage).toBe('stock-reserved');
    expect(await order.handle.result()).toBe('cancelled');
    expect(platform.store.reasons(order.subject)[2]).toBe('payment-unanswered: no answer before the deadline');
    expect(platform.store.stream(order.subject).transitions[2]?.causes).toEqual([]);
    expect(platform.services.inForce(order.subject)).toEqual([]);
  });

  test('notes a payment that is settled after the deadline, while it is taken back', async () => {
    const orderId = fresh('late-payment');
    platform.services.policy = { paymentDeadlineMs: 500 };
    platform.services.fault(orderId, 'voidPayment', { kind: 'held' });
    const order = await start(orderId);
    await platform.services.untilCalled(orderId, 'voidPayment');
    const payment = settled(orderId);
    await order.send(payment);
    await order.barrier();
    platform.services.release(orderId, 'voidPayment');
    expect(await order.handle.result()).toBe('cancelled');
    const stream = platform.store.stream(order.subject);
    expect(platform.services.inForce(order.subject)).toEqual([]);
    expect(stream.consumed.has(payment.eventId)).toBe(true);
    expect(stream.late).toEqual([]);
    expect(stream.transitions.at(-1)).toMatchObject({
      to: 'cancelled',
      causes: [],
      data: { notes: [{ eventId: payment.eventId, eventType: 'PaymentSettled' }] },
    });
  });

  test('undoes at once when the customer cancels while the payment is awaited', async () => {
    const orderId = fresh('cancel-waiting');
    const order = await start(orderId);
    await platform.services.untilCalled(orderId, 'requestPayment');
    await order.send(cancelled(orderId));
    expect(await order.handle.result()).toBe('cancelled');
    expect(platform.services.inForce(order.subject)).toEqual([]);
  });

  test('begins no step when the customer has cancelled before it', async () => {
    const orderId = fresh('cancel-first');
    const order = await start(orderId, cancelled(orderId));
    expect(await order.handle.result()).toBe('cancelled');
    expect(platform.services.sequence(orderId)).toEqual([]);
    expect(platform.store.stages(order.subject)).toEqual(['placed', 'compensating', 'cancelled']);
  });

  test('records a cancellation that comes after booking as late and completes', async () => {
    const orderId = fresh('cancel-late');
    const cancel = cancelled(orderId);
    platform.store.beforeAppend = async (request) => {
      if (request.after.closed && request.transitions.length > 0) {
        await order.send(cancel);
      }
    };
    const order = await start(orderId, settled(orderId));
    expect(await order.handle.result()).toBe('completed');
    const { late, consumed, transitions } = platform.store.stream(order.subject);
    expect(late.map(({ eventId }) => eventId)).toEqual([cancel.eventId]);
    expect(consumed.get(cancel.eventId)).toBe(transitions.length);
    expect(platform.services.inForce(order.subject)).toEqual(['stock', 'payment', 'shipment']);
  });

  test('takes each event once, however often it comes', async () => {
    const orderId = fresh('twice');
    const [first, payment] = [placed(orderId), settled(orderId)];
    const order = await platform.start('orderSaga', orderId, [first, first]);
    await platform.services.untilCalled(orderId, 'requestPayment');
    await order.send(payment, payment, first);
    expect(await order.handle.result()).toBe('completed');
    const { late, consumed } = platform.store.stream(order.subject);
    expect(late).toEqual([]);
    expect([...consumed.keys()].sort()).toEqual([first.eventId, payment.eventId].sort());
    expect(platform.services.effects(order.subject, 'stock')).toBe(1);
  });

  test('consumes and notes a second order under a new id while it is open', async () => {
    const orderId = fresh('second');
    const order = await start(orderId);
    await platform.services.untilCalled(orderId, 'requestPayment');
    const second = placed(orderId, { customerId: 'somebody-else' });
    await order.send(second);
    await platform.store.untilConsumed(order.subject, second.eventId);
    expect(platform.store.stream(order.subject).stage).toBe('stock-reserved');
    await order.send(settled(orderId));
    expect(await order.handle.result()).toBe('completed');
    expect(platform.services.attemptsOf(orderId, 'reserveStock')).toBe(1);
    expect(platform.store.stream(order.subject).transitions[2]?.data).toMatchObject({
      notes: [{ eventId: second.eventId, note: 'came in stage stock-reserved' }],
    });
  });

  test('ignores a decision that answers another version of stuck', async () => {
    const orderId = fresh('wrong-version');
    platform.services.fault(orderId, 'bookShipment', { kind: 'refused', type: 'carrier-refused' });
    platform.services.fault(orderId, 'releaseStock', { kind: 'refused', type: 'release-refused' });
    const order = await start(orderId, settled(orderId));
    await platform.store.untilStage(order.subject, 'stuck');
    const { version } = platform.store.stream(order.subject);
    const [early, wrong] = [decided(orderId, 'give-up', version - 1), decided(orderId, 'give-up', version + 1)];
    await order.send(early, wrong);
    await platform.store.untilConsumed(order.subject, wrong.eventId);
    expect(platform.store.stream(order.subject)).toMatchObject({ stage: 'stuck', status: 'open', version });
    await order.send(decided(orderId, 'give-up', version));
    expect(await order.handle.result()).toBe('abandoned');
    expect(platform.store.stream(order.subject).late).toEqual([]);
  });

  test('records on when the store fails for a while', async () => {
    const orderId = fresh('store-down');
    let failures = 0;
    platform.store.beforeAppend = () => {
      failures += 1;
      if (failures % 4 !== 0) throw new Error('the store is down');
    };
    const order = await start(orderId, settled(orderId));
    expect(await order.handle.result()).toBe('completed');
    expect(platform.store.stages(order.subject)).toEqual(['placed', 'stock-reserved', 'paid', 'completed']);
  });

  test('accepts its own append when the answer of the store was lost', async () => {
    const orderId = fresh('store-answer-lost');
    const lost = new Set<number>();
    platform.store.afterAppend = ({ expectedVersion }) => {
      if (lost.has(expectedVersion)) return;
      lost.add(expectedVersion);
      throw new Error('no answer');
    };
    const order = await start(orderId, settled(orderId));
    expect(await order.handle.result()).toBe('completed');
    expect(platform.store.stages(order.subject)).toEqual(['placed', 'stock-reserved', 'paid', 'completed']);
    expect(lost.size).toBe(4);
  });

  test('fails its task and waits, without taking anything back, when the stream tells another story', async () => {
    const orderId = fresh('conflict');
    platform.store.override = ({ transitions }) =>
      transitions[0]?.to === 'paid' ? { status: 'conflict', detail: 'version 3 is another' } : undefined;
    const order = await start(orderId, settled(orderId));
    while ((await failedTasks(order)) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await order.handle.describe()).status.name).toBe('RUNNING');
    expect(platform.store.stages(order.subject)).toEqual(['placed', 'stock-reserved']);
    expect(platform.services.inForce(order.subject)).toEqual(['stock', 'payment']);
    await order.handle.terminate();
  });

  describe('as a second run chain of its subject', () => {
    test('acts on nothing and writes its events off as late when the stream is closed', async () => {
      const orderId = fresh('foreign-closed');
      const [again, other] = [placed(orderId), cancelled(orderId)];
      await platform.store.beginElsewhere(refOf('orderSaga', orderId), again.eventId, true);
      const order = await platform.start('orderSaga', orderId, [again, other]);
      expect(await order.handle.result()).toBe('foreign');
      expect(platform.services.sequence(orderId)).toEqual([]);
      expect(platform.store.stream(order.subject).late.map(({ eventId }) => eventId)).toEqual([other.eventId]);
    });

    test('parks what the stream has not taken when it is open', async () => {
      const orderId = fresh('foreign-open');
      const [again, other] = [placed(orderId), cancelled(orderId)];
      await platform.store.beginElsewhere(refOf('orderSaga', orderId), again.eventId, false);
      const order = await platform.start('orderSaga', orderId, [again, other]);
      expect(await order.handle.result()).toBe('foreign');
      expect(platform.services.sequence(orderId)).toEqual([]);
      expect(platform.store.parked.get(order.subject)?.map(({ eventId }) => eventId)).toEqual([other.eventId]);
      expect(platform.store.stages(order.subject)).toEqual(['begun']);
    });
  });
});
