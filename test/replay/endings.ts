import type { Recording, WireEvent } from '../../workflows/kit/wire';
import {
  appointmentCancelled,
  attended,
  cancelled,
  confirmed,
  decided,
  declined,
  placed,
  rescheduled,
  scheduled,
  settled,
} from '../../workflows/testing/events';
import type { MemoryServices } from '../../workflows/testing/memory-services';
import { refOf, type TestSubject } from '../../workflows/testing/subject-client';
import type { TimeSkipping } from '../../workflows/testing/time-skipping';

/** One way in which a workflow ends, to be recorded as a history. */
export interface Ending {
  readonly name: string;
  readonly result: string;
  run(platform: TimeSkipping, key: string): Promise<TestSubject>;
}

type Call = Parameters<MemoryServices['fault']>[1];
type Fault = Parameters<MemoryServices['fault']>[2];

const order = (
  name: string,
  result: string,
  options: { faults?: [Call, Fault][]; events?: (key: string) => WireEvent[]; recording?: Recording },
  then: (order: TestSubject, key: string, platform: TimeSkipping) => Promise<void> = async () => undefined,
): Ending => ({
  name: `order-${name}`,
  result,
  run: async (platform, key) => {
    for (const [call, fault] of options.faults ?? []) platform.services.fault(key, call, fault);
    const events = [placed(key), ...(options.events?.(key) ?? [])];
    const started = await platform.start('orderSaga', key, events, options.recording);
    await then(started, key, platform);
    return started;
  },
});

const paid = (key: string): WireEvent[] => [settled(key)];
const version = (platform: TimeSkipping, { subject }: TestSubject): number => platform.store.stream(subject).version;

const cancelDuring =
  (call: Call) =>
  async (order: TestSubject, key: string, platform: TimeSkipping): Promise<void> => {
    await platform.services.untilCalled(key, call);
    await order.send(cancelled(key));
    await order.barrier();
    platform.services.release(key, call);
  };

const orders: readonly Ending[] = [
  order('completed', 'completed', {}, async ({ subject, send }, key, { store }) => {
    await store.untilStage(subject, 'stock-reserved');
    await send(settled(key));
  }),
  order('completed-recorded-locally', 'completed', { events: paid, recording: 'local' }),
  order('completed-after-retries', 'completed', {
    events: paid,
    faults: [['bookShipment', { kind: 'fails', times: 2 }]],
  }),
  order('out-of-stock', 'cancelled', { faults: [['reserveStock', { kind: 'refused', type: 'out-of-stock' }]] }),
  order('carrier-refused', 'cancelled', {
    events: paid,
    faults: [['bookShipment', { kind: 'refused', type: 'carrier-refused' }]],
  }),
  order('answer-lost', 'cancelled', { events: paid, faults: [['bookShipment', { kind: 'answer-lost' }]] }),
  order('payment-declined', 'cancelled', { events: (key) => [declined(key)] }),
  order('payment-mismatch', 'cancelled', { events: (key) => [settled(key, { amountCents: 1 })] }),
  order('payment-unanswered', 'cancelled', {}),
  order(
    'cancelled-while-stock',
    'cancelled',
    { faults: [['reserveStock', { kind: 'held' }]] },
    cancelDuring('reserveStock'),
  ),
  order(
    'cancelled-while-shipment',
    'cancelled',
    { events: paid, faults: [['bookShipment', { kind: 'held' }]] },
    cancelDuring('bookShipment'),
  ),
  order('cancelled-while-waiting', 'cancelled', {}, async ({ send }, key, { services }) => {
    await services.untilCalled(key, 'requestPayment');
    await send(placed(key), cancelled(key));
  }),
  order('cancel-requested', 'cancelled', {}, async ({ handle }, key, { services }) => {
    await services.untilCalled(key, 'requestPayment');
    await handle.cancel();
  }),
  order('cancelled-too-late', 'completed', { events: paid }, async ({ send }, key, { store }) => {
    store.beforeAppend = async ({ after, transitions, key: of }) => {
      if (of === key && after.closed && transitions.length > 0) await send(cancelled(key));
    };
  }),
  order(
    'stuck-and-retried',
    'cancelled',
    {
      events: paid,
      faults: [
        ['bookShipment', { kind: 'refused', type: 'carrier-refused' }],
        ['releaseStock', { kind: 'refused', type: 'release-refused', times: 1 }],
      ],
    },
    async (order, key, platform) => {
      await platform.store.untilStage(order.subject, 'stuck');
      const ignored = decided(key, 'give-up', version(platform, order) - 1);
      await order.send(ignored);
      await platform.store.untilConsumed(order.subject, ignored.eventId);
      await order.send(decided(key, 'retry', version(platform, order)));
    },
  ),
  order(
    'stuck-and-given-up',
    'abandoned',
    {
      events: (key) => [declined(key)],
      faults: [['releaseStock', { kind: 'refused', type: 'release-refused' }]],
    },
    async (order, key, platform) => {
      await platform.store.untilStage(order.subject, 'stuck');
      await order.send(decided(key, 'give-up', version(platform, order)));
    },
  ),
  {
    name: 'order-foreign-chain',
    result: 'foreign',
    run: async (platform, key) => {
      const start = placed(key);
      await platform.store.beginElsewhere(refOf('orderSaga', key), start.eventId, true);
      return platform.start('orderSaga', key, [start, settled(key)]);
    },
  },
];

const HOUR = 3_600_000;
const inHours = async (platform: TimeSkipping, hours: number): Promise<string> =>
  new Date((await platform.env.currentTimeMs()) + hours * HOUR).toISOString().slice(0, 19);

const appointment = (
  name: string,
  result: string,
  then: (journey: TestSubject, key: string, platform: TimeSkipping) => Promise<void>,
  recording?: Recording,
): Ending => ({
  name: `appointment-${name}`,
  result,
  run: async (platform, key) => {
    const start = scheduled(key, await inHours(platform, 72), 'UTC');
    const started = await platform.start('appointmentJourney', key, [start], recording);
    await platform.store.untilStage(started.subject, 'scheduled');
    await then(started, key, platform);
    return started;
  },
});

const reminded = async ({ subject }: TestSubject, { env, store }: TimeSkipping): Promise<void> => {
  await env.sleep('60 hours');
  await store.untilStage(subject, 'reminded');
};

const attend = async (journey: TestSubject, key: string, platform: TimeSkipping): Promise<void> => {
  await reminded(journey, platform);
  await journey.send(confirmed(key), confirmed(key));
  await platform.store.untilStage(journey.subject, 'confirmed');
  await journey.send(attended(key), confirmed(key));
};

const appointments: readonly Ending[] = [
  appointment('attended', 'attended', attend),
  appointment('attended-recorded-locally', 'attended', attend, 'local'),
  appointment('cancelled', 'cancelled', ({ send }, key) => send(appointmentCancelled(key))),
  appointment('cancel-requested', 'cancelled', async ({ handle }) => {
    await handle.cancel();
  }),
  appointment('missed', 'missed', async () => undefined),
  appointment('missed-recorded-locally', 'missed', async () => undefined, 'local'),
  appointment('rescheduled', 'missed', async (journey, key, platform) => {
    await reminded(journey, platform);
    await journey.send(rescheduled(key, await inHours(platform, 200), 'UTC'));
    await platform.store.untilStage(journey.subject, 'scheduled', 3);
  }),
  appointment('notification-fails', 'attended', async (journey, key, platform) => {
    let failures = 0;
    platform.notifications.beforeSend = () => {
      failures += 1;
      if (failures < 3) throw new Error('Kafka is down');
    };
    await reminded(journey, platform);
    await journey.send(attended(key));
  }),
  {
    name: 'appointment-foreign-chain',
    result: 'foreign',
    run: async (platform, key) => {
      const start = scheduled(key, '2040-01-01T09:00:00');
      await platform.store.beginElsewhere(refOf('appointmentJourney', key), start.eventId, false);
      return platform.start('appointmentJourney', key, [start, confirmed(key)]);
    },
  },
];

export const endings: readonly Ending[] = [...orders, ...appointments];
