import type { Facts, StepCount } from './facts';
import { orderName, orderOf, paidOrders } from './paid';
import { type Disagreement, firstOccurrences } from './verdict';

/** One line of the demo's closing table; `value` is a count. */
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly value: number;
}

const inForce = (counts: readonly StepCount[]) => counts.reduce((sum, count) => sum + count.inForce, 0);

/** The closing table, from the same facts as the verdict. */
export function rows(facts: Facts): Row[] {
  const byStage = (target: string, group: string): Row[] => {
    const counts = new Map<string, number>();
    for (const row of facts.streams.filter((stream) => stream.target === target)) {
      const name = row.status === 'closed' ? row.stage : `open: ${row.stage}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([name, value]) => ({ group, name, value }));
  };
  const stored = [...facts.stored.values()].reduce((sum, transitions) => sum + transitions.length, 0);
  const { repeats } = firstOccurrences(facts.published);
  const { charged, elsewhere } = paidOrders(facts);
  return [
    ...byStage('orderSaga', 'order sagas'),
    ...byStage('appointmentJourney', 'appointment journeys'),
    ...hostsOf(facts),
    ...eventsIn(facts),
    { group: 'events', name: 'duplicates suppressed', value: facts.duplicates },
    { group: 'events', name: 'parked on the way', value: facts.parkedOnTheWay },
    { group: 'events', name: 'lanes parked now', value: facts.parkedNow },
    { group: 'events', name: 'late', value: facts.late },
    { group: 'events', name: 'dead', value: facts.dead },
    { group: 'transitions', name: 'in the store', value: stored },
    { group: 'transitions', name: 'read back from Kafka', value: facts.published.length - repeats },
    { group: 'transitions', name: 'repeats on Kafka', value: repeats },
    { group: 'completed orders', name: 'charged', value: charged.length },
    { group: 'completed orders', name: 'settled elsewhere (prepaid)', value: elsewhere.length },
    ...inForceOf(facts),
  ];
}

/** Pooled journeys: the host workflows that ran them. */
function hostsOf({ streams }: Facts): Row[] {
  const hosts = new Set(streams.filter(({ chain }) => /\/host-\d+$/.test(chain)).map(({ chain }) => chain));
  return hosts.size === 0
    ? []
    : [{ group: 'appointment journeys', name: '- run by host workflows', value: hosts.size }];
}

/** What an abandoned order holds is settled by hand, so it stays in force and is told apart from the completed ones'. */
function inForceOf({ services, streams }: Facts): Row[] {
  const abandoned = new Set(
    streams
      .filter(({ target, stage }) => target === 'orderSaga' && stage === 'abandoned')
      .map((row) => orderOf(row.subject)),
  );
  return (['charges', 'reservations', 'shipments'] as const).flatMap((name) => {
    const held = inForce(services[name].filter((count) => abandoned.has(orderName(count))));
    const all = { group: 'in force', name, value: inForce(services[name]) };
    return held === 0 ? [all] : [all, { group: 'in force', name: `- ${name} of abandoned orders`, value: held }];
  });
}

/** Services and the operator's API send events as well. */
function eventsIn({ eventsIn: value, recordsSent }: Facts): Row[] {
  if (recordsSent === undefined) return [{ group: 'events', name: 'in', value }];
  return [
    { group: 'events', name: 'in', value },
    { group: 'events', name: '- of this stream', value: recordsSent },
    { group: 'events', name: '- of services and the operator', value: value - recordsSent },
  ];
}

/** The table and the verdict as text. */
export function render(table: readonly Row[], found: readonly Disagreement[], facts: Facts): string {
  const width = Math.max(...table.map(({ name }) => name.length)) + 2;
  const lines: string[] = [];
  let group = '';
  for (const row of table) {
    lines.push(
      `${(row.group === group ? '' : row.group).padEnd(22)}${row.name.padEnd(width)}${String(row.value).padStart(7)}`,
    );
    group = row.group;
  }
  const verdict =
    found.length === 0
      ? [...payments(facts), 'Kafka, the store and the services agree.']
      : [
          'These do not agree:',
          ...found.map(
            ({ what, ids }) =>
              `  ${what}: ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ` and ${ids.length - 20} more` : ''}`,
          ),
        ];
  return ['', ...lines, '', ...verdict, ''].join('\n');
}

function payments(facts: Facts): string[] {
  const { charged, elsewhere } = paidOrders(facts);
  const completed = charged.length + elsewhere.length;
  if (completed === 0) return [];
  const sum = `${charged.length} charged + ${elsewhere.length} settled elsewhere = ${completed} completed ${completed === 1 ? 'order' : 'orders'}`;
  return [`${sum}: each is paid once, a prepaid one by an event and not by the payments service.`];
}
