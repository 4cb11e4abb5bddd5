import { HEADERS, registry, TransitionRecorded } from '@millrace/events';
import type { IncomingRecord, KafkaAdmin, KafkaDriver } from '@millrace/kafka';
import type { Store } from '../../store/store';
import type { StreamRow, Transition } from '../../store/types';
import type { Facts, PublishedTransition, ServiceCounts } from './facts';

export interface CollectDeps {
  readonly driver: KafkaDriver;
  readonly admin: KafkaAdmin;
  readonly store: Store;
  readonly transitionTopics: readonly string[];
  readonly deadLetterTopics: readonly string[];
  countServices(tenantIds: readonly string[]): Promise<ServiceCounts>;
}

/** What is known of the stream that was sent. */
export type Stream = Pick<Facts, 'badRecords' | 'allClose' | 'recordsSent'>;

/** Every record of a topic up to its end now, in the order of each partition. */
async function* wholeTopic({ driver, admin }: CollectDeps, topic: string): AsyncIterable<IncomingRecord> {
  for (const { partition, offset } of await admin.endOffsets(topic))
    yield* driver.readRange(topic, partition, 0n, offset);
}

async function readPublished(deps: CollectDeps): Promise<PublishedTransition[]> {
  const published: PublishedTransition[] = [];
  for (const topic of deps.transitionTopics) {
    for await (const record of wholeTopic(deps, topic)) {
      const decoded = registry.decode(record);
      if (!decoded.ok)
        throw new Error(
          `${topic} holds something that is no transition, at ${record.partition}/${record.offset}: ${decoded.fault.message}`,
        );
      const { subject, version } = TransitionRecorded.data.parse(decoded.event.data);
      published.push({ subject, version, transitionId: decoded.event.eventId });
    }
  }
  return published;
}

/** Dead letters by cause; one letter written twice (after a crash) has the same origin or the same event id and counts once. */
async function readDeadLetters(deps: CollectDeps): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const seen = new Set<string>();
  for (const topic of deps.deadLetterTopics) {
    for await (const { headers } of wholeTopic(deps, topic)) {
      const cause = headers['x-error-code'] ?? 'unknown';
      const origin = [
        topic,
        cause,
        headers['x-original-partition'],
        headers['x-original-offset'] ?? headers[HEADERS.eventId],
      ].join(' ');
      if (seen.has(origin)) continue;
      seen.add(origin);
      counts[cause] = (counts[cause] ?? 0) + 1;
    }
  }
  return counts;
}

async function readStreams(store: Store): Promise<StreamRow[]> {
  const rows: StreamRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.streams.list({}, { limit: 500, ...(cursor && { cursor }) });
    rows.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

async function readTransitions(
  store: Store,
  streams: readonly StreamRow[],
): Promise<Map<string, readonly Transition[]>> {
  const stored = new Map<string, readonly Transition[]>();
  for (const { subject } of streams) stored.set(subject, await store.streams.transitions(subject));
  return stored;
}

/** Whether the ledger has the event, and whether every subject that it was delivered to has taken it. */
async function followed(store: Store, { tenantId, eventId }: { tenantId: string; eventId: string }) {
  const verdicts = (await store.ledger.byEvent(tenantId, eventId)).flatMap((row) => row.verdicts);
  let taken = true;
  for (const { subject, verdict } of verdicts) {
    if (subject === null || verdict === 'ignored' || verdict === 'dead') continue;
    taken &&= (await store.streams.verdict(subject, eventId)) === 'duplicate';
  }
  return { inLedger: verdicts.length > 0, taken };
}

/** Reads everything that the verdict compares. `sent` are the valid events that were sent, by tenant and id. */
export async function collect(
  deps: CollectDeps,
  sent: readonly { readonly tenantId: string; readonly eventId: string }[],
  { badRecords, allClose, recordsSent }: Stream,
): Promise<Facts> {
  const { store } = deps;
  const streams = await readStreams(store);
  const found: Facts['sent'][number][] = [];
  for (const event of sent) found.push({ ...event, ...(await followed(store, event)) });
  const report = await store.report();
  return {
    sent: found,
    recordsSent,
    badRecords,
    allClose,
    streams,
    stored: await readTransitions(store, streams),
    published: await readPublished(deps),
    services: await deps.countServices([
      ...new Set([...streams.map((row) => row.tenantId), ...sent.map((event) => event.tenantId)]),
    ]),
    eventsIn: report.records,
    duplicates: report.deliveries.duplicate,
    parkedOnTheWay: report.deliveries.parked,
    parkedNow: report.parkedLanes,
    late: report.late,
    dead: report.deliveries.dead,
    deadLetters: await readDeadLetters(deps),
  };
}
