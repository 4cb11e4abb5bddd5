import type { Facts, PublishedTransition, StepCount } from './facts';
import { orderName, orderOf, paidOrders } from './paid';

/** Something that does not agree, with the ids that show it. */
export interface Disagreement {
  readonly what: string;
  readonly ids: readonly string[];
}

/** First occurrences by transition id, per subject, in the order Kafka gives them; and how many were repeats. */
export function firstOccurrences(published: readonly PublishedTransition[]): {
  bySubject: Map<string, PublishedTransition[]>;
  repeats: number;
} {
  const seen = new Set<string>();
  const bySubject = new Map<string, PublishedTransition[]>();
  for (const transition of published) {
    if (seen.has(transition.transitionId)) continue;
    seen.add(transition.transitionId);
    const list = bySubject.get(transition.subject) ?? [];
    list.push(transition);
    bySubject.set(transition.subject, list);
  }
  return { bySubject, repeats: published.length - seen.size };
}

function comparePublished(facts: Facts): Disagreement[] {
  const { bySubject } = firstOccurrences(facts.published);
  const missing: string[] = [];
  const disordered: string[] = [];
  const unknown: string[] = [];
  for (const [subject, transitions] of facts.stored) {
    const ids = new Set((bySubject.get(subject) ?? []).map(({ transitionId }) => transitionId));
    missing.push(
      ...transitions.filter(({ transitionId }) => !ids.has(transitionId)).map(({ transitionId }) => transitionId),
    );
  }
  for (const [subject, transitions] of bySubject) {
    const ids = new Set((facts.stored.get(subject) ?? []).map(({ transitionId }) => transitionId));
    unknown.push(
      ...transitions.filter(({ transitionId }) => !ids.has(transitionId)).map(({ transitionId }) => transitionId),
    );
    if (transitions.some(({ version }, index) => version !== index + 1)) disordered.push(subject);
  }
  return [
    { what: 'transitions in the store that Kafka does not have', ids: missing },
    { what: 'transitions on Kafka that the store does not have', ids: unknown },
    { what: 'subjects whose transitions came out of version order', ids: disordered },
  ];
}

function compareStreams(facts: Facts): Disagreement[] {
  const gaps = facts.streams.filter((row) => {
    const versions = (facts.stored.get(row.subject) ?? []).map(({ version }) => version);
    return versions.length !== row.version || versions.some((version, index) => version !== index + 1);
  });
  return [{ what: 'streams with a gap between their versions', ids: gaps.map(({ subject }) => subject) }];
}

function compareServices({ streams, services }: Facts): Disagreement[] {
  const stageOf = new Map(
    streams.filter(({ target }) => target === 'orderSaga').map((row) => [orderOf(row.subject), row.stage]),
  );
  return (['charges', 'reservations', 'shipments'] as const).flatMap((service) => {
    const counts = services[service];
    return [
      {
        what: `orders with more than one of: ${service}`,
        ids: counts.filter(({ inForce }) => inForce > 1).map(orderName),
      },
      {
        what: `cancelled orders with some of these in force: ${service}`,
        ids: counts
          .filter((count) => count.inForce > 0 && stageOf.get(orderName(count)) === 'cancelled')
          .map(orderName),
      },
      {
        what: `orders that nobody ordered, among: ${service}`,
        ids: counts.filter((count) => count.inForce > 0 && !stageOf.has(orderName(count))).map(orderName),
      },
    ];
  });
}

/** Where everything should have come to its end, what has not. */
function compareOpen({ allClose, streams, parkedNow }: Facts): Disagreement[] {
  if (!allClose) return [];
  const parked = parkedNow > 0 ? [`${parkedNow} lanes`] : [];
  return [
    {
      what: 'subjects still open',
      ids: streams.filter(({ status }) => status === 'open').map(({ subject }) => subject),
    },
    { what: 'lanes still parked', ids: parked },
  ];
}

/** Completed orders have their stock and their shipment, and are paid once: by a charge, or elsewhere. */
function compareCompleted(facts: Facts): Disagreement[] {
  const { streams, services } = facts;
  const { unpaid, twice } = paidOrders(facts);
  const has = (counts: readonly StepCount[]) => new Set(counts.filter(({ inForce }) => inForce === 1).map(orderName));
  const reserved = has(services.reservations);
  const shipped = has(services.shipments);
  const completed = streams
    .filter(({ target, stage }) => target === 'orderSaga' && stage === 'completed')
    .map(({ subject }) => orderOf(subject));
  return [
    { what: 'completed orders without a reservation', ids: completed.filter((order) => !reserved.has(order)) },
    { what: 'completed orders without a shipment', ids: completed.filter((order) => !shipped.has(order)) },
    { what: 'completed orders neither charged nor settled elsewhere', ids: unpaid },
    { what: 'completed orders settled elsewhere and charged as well', ids: twice },
  ];
}

function compareDeadLetters(facts: Facts): Disagreement[] {
  const letters = Object.values(facts.deadLetters).reduce((sum, count) => sum + count, 0);
  const expected = facts.dead + facts.late;
  if (facts.dead < facts.badRecords) {
    return [
      { what: `dead letters by the ledger: ${facts.dead}, but ${facts.badRecords} bad records were sent`, ids: [] },
    ];
  }
  if (letters === expected) return [];
  return [
    {
      what: `dead letters on Kafka: ${letters}, but the store and the ledger say ${expected}`,
      ids: Object.keys(facts.deadLetters),
    },
  ];
}

/** Everything that does not agree; empty means that all does. */
export function disagreements(facts: Facts): readonly Disagreement[] {
  return [
    {
      what: 'events sent that the ledger does not have',
      ids: facts.sent.filter(({ inLedger }) => !inLedger).map(({ eventId }) => eventId),
    },
    {
      what: 'events delivered that nobody took',
      ids: facts.sent.filter(({ inLedger, taken }) => inLedger && !taken).map(({ eventId }) => eventId),
    },
    ...compareOpen(facts),
    ...comparePublished(facts),
    ...compareStreams(facts),
    ...compareServices(facts),
    ...compareCompleted(facts),
    ...compareDeadLetters(facts),
  ].filter(({ ids, what }) => ids.length > 0 || what.startsWith('dead letters'));
}
