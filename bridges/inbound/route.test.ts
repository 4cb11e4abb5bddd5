import {
  AppointmentConfirmed,
  AppointmentScheduled,
  OperatorDecided,
  OrderPlaced,
  PaymentSettled,
} from '@millrace/events';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { workflowContract } from '../../workflows/kit/contract';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { on } from './route';
import { routes } from './routes';
import { cancelled, placed } from './testing/bridge-parts';

const order = placed().event;
const ofOrder = { target: orderSagaContract, key: ({ data }: { data: { orderId: string } }) => data.orderId };

describe('a route', () => {
  it('that starts may start and parks what it cannot deliver', () => {
    const route = on(OrderPlaced).start(ofOrder);
    expect(route).toMatchObject({ eventType: 'OrderPlaced', topic: 'commerce.orders.events', mode: 'start' });
    expect(route.destination(order)).toEqual({
      target: orderSagaContract,
      key: 'order-1',
      mayStart: true,
      whenMissing: 'park',
    });
  });

  it('that signals does not start and does with missing subjects what it says', () => {
    const route = on(PaymentSettled).signal({ ...ofOrder, whenMissing: 'ignore' });
    expect(route.destination({ ...order, eventType: 'PaymentSettled' })).toMatchObject({
      mayStart: false,
      whenMissing: 'ignore',
    });
  });

  it('applies only when its condition holds', () => {
    const route = on(OrderPlaced).start({ ...ofOrder, when: ({ data }) => data.totalCents > 1_000 });
    expect(route.destination(order)).toBeUndefined();
  });

  it('reaches the target that the event names, out of its list', () => {
    const route = on(OperatorDecided).signal({
      target: { among: [orderSagaContract], named: ({ data }) => data.target },
      key: ({ data }) => data.key,
      whenMissing: 'ignore',
    });
    const decided = (target: string) => ({
      ...cancelled().event,
      eventType: 'OperatorDecided',
      data: { target, key: 'k' },
    });
    expect(route.destination(decided('orderSaga'))).toMatchObject({ target: orderSagaContract, key: 'k' });
    expect(route.destination(decided('somethingElse'))).toBeUndefined();
  });

  it('does not compile when it is wrong', () => {
    const deaf = workflowContract<never, never, never>({
      target: 'deaf',
      taskQueue: 'q',
      transitionsTopic: 't',
      late: 'ignore',
      startsOn: [],
      acceptsOn: [],
      stages: [],
    });
    const { key } = ofOrder;
    // Never called: only the compiler looks at it.
    const wrong = () => [
      // @ts-expect-error an order is not started by its payment
      on(PaymentSettled).start({ target: orderSagaContract, key }),
      // @ts-expect-error a payment does not reach an appointment
      on(PaymentSettled).signal({ target: appointmentJourneyContract, key, whenMissing: 'park' }),
      // @ts-expect-error an order is no start and no signal to a contract that understands nothing
      on(OrderPlaced).start({ target: deaf, key }),
      // @ts-expect-error whenMissing is missing
      on(PaymentSettled).signal({ target: orderSagaContract, key }),
      // @ts-expect-error whenMissing knows park and ignore
      on(PaymentSettled).signal({ target: orderSagaContract, key, whenMissing: 'drop' }),
      // @ts-expect-error a misspelt field
      on(PaymentSettled).signal({ target: orderSagaContract, key: ({ data }) => data.orderID, whenMissing: 'park' }),
      // @ts-expect-error a misspelt option
      on(OrderPlaced).start({ target: orderSagaContract, key, wen: () => true }),
      // @ts-expect-error a key is text
      on(OrderPlaced).start({ target: orderSagaContract, key: ({ data }) => data.totalCents }),
      // @ts-expect-error an order saga is not both started and reached by its order
      on(OrderPlaced).startOrSignal({ target: orderSagaContract, key }),
      on(OperatorDecided).signal({
        // @ts-expect-error the journey does not understand an operator
        target: { among: [appointmentJourneyContract], named: () => 'x' },
        key: () => 'k',
        whenMissing: 'park',
      }),
    ];
    const right = () => [
      on(AppointmentScheduled).startOrSignal({
        target: appointmentJourneyContract,
        key: ({ aggregateId }) => aggregateId,
      }),
      on(AppointmentConfirmed).signal({
        target: appointmentJourneyContract,
        key: ({ data }) => data.appointmentId,
        whenMissing: 'park',
      }),
    ];
    expect([wrong, right]).toHaveLength(2);
  });
});

describe('the routes', () => {
  const contracts = [orderSagaContract, appointmentJourneyContract];

  it('bring every contract each event that it starts on or accepts', () => {
    for (const contract of contracts) {
      const into = routes.filter(({ targets }) => targets.some(({ target }) => target === contract.target));
      const starting = into.filter(({ mode }) => mode !== 'signal').map(({ eventType }) => eventType);
      expect(starting).toEqual(expect.arrayContaining([...contract.startsOn]));
      expect(into.map(({ eventType }) => eventType)).toEqual(expect.arrayContaining([...contract.acceptsOn]));
    }
  });

  it('name a target once per event, so that one record is one delivery to a subject', () => {
    const pairs = routes.flatMap(({ eventType, targets }) => targets.map(({ target }) => `${eventType} to ${target}`));
    expect(new Set(pairs).size).toBe(pairs.length);
  });

  it('start only on what the contract says starts it: the parked lane is read by it', () => {
    for (const { eventType, mode, targets } of routes) {
      for (const { startsOn } of targets) expect(startsOn.includes(eventType)).toBe(mode !== 'signal');
    }
  });
});
