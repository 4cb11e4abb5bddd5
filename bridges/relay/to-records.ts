import { type Envelope, encode, InvalidEventError, TransitionRecorded } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';
import type { FeedEntry } from '../../store/types';
import { deadLetterOf } from '../dead-letter';

/** What the relay has to know of a contract. */
export interface RelayTarget {
  readonly target: string;
  readonly transitionsTopic: string;
  readonly late: 'dead-letter' | 'ignore';
}

/** Nothing may be passed over: the relay stops here until it is deployed with the target's contract. */
export class UnknownTarget extends Error {
  override readonly name = 'UnknownTarget';
  constructor(readonly target: string) {
    super(`the feed has an entry of ${target}, whose contract this relay does not know`);
  }
}

/** The longest reason that TransitionRecorded takes. */
const REASON_LENGTH = 2_000;

/** The feed as records, in its order. Throws `UnknownTarget`. */
export function toRecords(entries: readonly FeedEntry[], targets: ReadonlyMap<string, RelayTarget>): OutgoingRecord[] {
  return entries.flatMap((entry) => {
    const target = targets.get(entry.target);
    if (target === undefined) throw new UnknownTarget(entry.target);
    if (entry.kind === 'transition') return [transitionRecord(entry, target)];
    return target.late === 'ignore' ? [] : [lateRecord(entry)];
  });
}

function transitionRecord(
  entry: FeedEntry & { kind: 'transition' },
  { transitionsTopic }: RelayTarget,
): OutgoingRecord {
  const { subject, target, tenantId, key, correlationId, recordedAt } = entry;
  const { transitionId, version, from, to, causes, reason, data } = entry.transition;
  const causationId = causes.at(-1);
  const event: TransitionRecorded = {
    eventId: transitionId,
    eventType: TransitionRecorded.type,
    eventVersion: TransitionRecorded.version,
    eventTime: recordedAt,
    aggregateId: key,
    aggregateType: target,
    tenantId,
    correlationId,
    ...(causationId === undefined ? {} : { causationId }),
    data: {
      subject,
      target,
      key,
      version,
      from,
      to,
      causes: [...causes],
      ...(reason === undefined ? {} : { reason: reason.slice(0, REASON_LENGTH) }),
      ...(data === undefined ? {} : { data }),
    },
  };
  return encodeAnyway(event, { topic: transitionsTopic, traceparent: entry.traceparent ?? undefined });
}

/** A transition too large for readers goes out without its data, which stays in the store: it must not stop the others. */
function encodeAnyway(
  event: TransitionRecorded,
  options: { topic: string; traceparent: string | undefined },
): OutgoingRecord {
  try {
    return encode(event, options);
  } catch (error) {
    if (!(error instanceof InvalidEventError) || error.fault.code !== 'oversized') throw error;
    const { data: _left, ...data } = event.data;
    const shortened: Envelope = { ...event, data, metadata: { dataOmitted: true } };
    return encode(shortened, options);
  }
}

const lateRecord = ({ event, subject }: FeedEntry & { kind: 'late' }): OutgoingRecord =>
  deadLetterOf(event, { code: 'late', message: `${subject} had closed`, class: 'late', group: 'relay' });
