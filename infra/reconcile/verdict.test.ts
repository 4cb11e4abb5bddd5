import type { StreamRow, Transition } from '../../store/types';
import type { Facts } from './facts';
import { render, rows } from './table';
import { disagreements, firstOccurrences } from './verdict';

const subject = 'orderSaga/acme/o-1';
const transition = (version: number, paymentId = 'p-1'): Transition => ({
  transitionId: `t${version}`,
  version,
  from: null,
  ...(version === 2 ? { to: 'paid', data: { paymentId } } : { to: 'placed' }),
  causes: [],
  recordedAt: '2026-01-01T00:00:00Z',
});
const stream = (stage: string, version = 2): StreamRow => ({
  subject,
  target: 'orderSaga',
  tenantId: 'acme',
  key: 'o-1',
  chain: 'run',
  version,
  status: 'closed',
  stage,
  state: null,
  machineVersion: 1,
  correlationId: 'c',
  deadline: null,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
});
const one = [{ tenantId: 'acme', orderId: 'o-1', inForce: 1 }];
const agreeing: Facts = {
  sent: [{ tenantId: 'acme', eventId: 'e1', inLedger: true, taken: true }],
  badRecords: 0,
  allClose: true,
  streams: [stream('completed')],
  stored: new Map([[subject, [transition(1), transition(2)]]]),
  published: [1, 2].map((version) => ({ subject, transitionId: `t${version}`, version })),
  services: { charges: one, paymentIds: new Set(['p-1']), reservations: one, shipments: one },
  eventsIn: 1,
  duplicates: 0,
  late: 0,
  parkedNow: 0,
  parkedOnTheWay: 0,
  dead: 0,
  deadLetters: {},
};
/** The same order, paid by a payment that the service was never asked for. */
const prepaid = { stored: new Map([[subject, [transition(1), transition(2, 'of-somebody-else')]]]) };
const found = (change: Partial<Facts>) => disagreements({ ...agreeing, ...change }).map(({ what }) => what);

describe('the verdict', () => {
  it('finds nothing when all agree, repeats on Kafka included', () => {
    expect(found({})).toEqual([]);
    const repeated = [...agreeing.published, ...agreeing.published];
    expect(found({ published: repeated })).toEqual([]);
    expect(firstOccurrences(repeated).repeats).toBe(2);
  });

  it('takes a completed order that was settled elsewhere for paid', () => {
    expect(found({ ...prepaid, services: { ...agreeing.services, charges: [] } })).toEqual([]);
  });

  it.each<[string, Partial<Facts>]>([
    [
      'events sent that the ledger does not have',
      { sent: [{ tenantId: 'acme', eventId: 'e1', inLedger: false, taken: true }] },
    ],
    [
      'events delivered that nobody took',
      { sent: [{ tenantId: 'acme', eventId: 'e1', inLedger: true, taken: false }] },
    ],
    ['subjects still open', { streams: [{ ...stream('paid'), status: 'open' }] }],
    ['lanes still parked', { parkedNow: 1 }],
    ['transitions in the store that Kafka does not have', { published: agreeing.published.slice(0, 1) }],
    [
      'transitions on Kafka that the store does not have',
      { published: [...agreeing.published, { subject, transitionId: 't3', version: 3 }] },
    ],
    ['subjects whose transitions came out of version order', { published: [...agreeing.published].reverse() }],
    ['streams with a gap between their versions', { streams: [stream('completed', 3)] }],
    [
      'orders with more than one of: charges',
      { services: { ...agreeing.services, charges: [{ tenantId: 'acme', orderId: 'o-1', inForce: 2 }] } },
    ],
    [
      'cancelled orders with some of these in force: shipments',
      { streams: [stream('cancelled')], services: { ...agreeing.services, charges: [], reservations: [] } },
    ],
    [
      'completed orders neither charged nor settled elsewhere',
      { services: { ...agreeing.services, charges: [{ tenantId: 'acme', orderId: 'o-1', inForce: 0 }] } },
    ],
    ['completed orders settled elsewhere and charged as well', prepaid],
    ['completed orders without a shipment', { services: { ...agreeing.services, shipments: [] } }],
    ['dead letters on Kafka: 0, but the store and the ledger say 1', { dead: 1 }],
    ['dead letters by the ledger: 0, but 1 bad records were sent', { badRecords: 1 }],
  ])('names %s', (what, change) => {
    expect(found(change)).toEqual([what]);
  });
});

describe('the table', () => {
  const table = (change: Partial<Facts>) => {
    const facts = { ...agreeing, ...change };
    return render(rows(facts), disagreements(facts), facts);
  };

  it('tells how completed orders were paid: fewer charges than orders are no loss', () => {
    const text = table({ ...prepaid, services: { ...agreeing.services, charges: [] } });
    expect(text).toMatch(/charged +0\n.*settled elsewhere \(prepaid\) +1\n/);
    expect(text).toContain('0 charged + 1 settled elsewhere = 1 completed order: each is paid once');
    expect(text).toContain('Kafka, the store and the services agree.');
  });

  it('says nothing of payments where no order was completed', () => {
    const none = { charges: [], paymentIds: new Set<string>(), reservations: [], shipments: [] };
    const text = table({ streams: [stream('cancelled')], services: none });
    expect(text).toContain('\n\nKafka, the store and the services agree.\n');
    expect(text).not.toContain('settled elsewhere =');
  });

  it('tells what an abandoned order still holds, so that the sums come out', () => {
    const held = [...one, { tenantId: 'acme', orderId: 'o-2', inForce: 1 }];
    const abandoned = { ...stream('abandoned'), subject: 'orderSaga/acme/o-2', key: 'o-2' };
    const streams = [...agreeing.streams, abandoned];
    const text = table({ streams, services: { ...agreeing.services, reservations: held } });
    expect(text).toMatch(/reservations +2\n.*- reservations of abandoned orders +1\n.*shipments +1\n/);
    expect(table({})).not.toContain('abandoned');
  });

  it('tells how many hosts ran pooled journeys', () => {
    const hosted = (key: string, host: number) => ({
      ...stream('attended'),
      subject: `appointmentJourney/clinic/${key}`,
      target: 'appointmentJourney',
      chain: `appointmentJourney/host-${host}`,
    });
    const streams = [hosted('a-1', 0), hosted('a-2', 3), hosted('a-3', 0)];
    expect(table({ streams })).toMatch(/attended +3\n.*- run by host workflows +2\n/);
    expect(table({})).not.toContain('host workflows');
  });

  it('tells which events in came from others than the stream', () => {
    const text = table({ eventsIn: 537, recordsSent: 345 });
    expect(text).toMatch(/in +537\n.*of this stream +345\n.*of services and the operator +192\n/);
    expect(table({ eventsIn: 537 })).not.toContain('of this stream');
  });
});
