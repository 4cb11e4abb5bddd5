/** What can go wrong between us and Kafka. */
export type KafkaErrorCode =
  /** Not done in time. Records may be in the log or not. */
  | 'deadline'
  /** The producer, member or publisher has been closed. */
  | 'closed'
  /** No broker answers, or the connection was lost. */
  | 'connection'
  | 'unknown-topic'
  | 'too-large'
  /** Wrong credentials, or not allowed. */
  | 'refused'
  /** A commit for a partition that is not assigned now, or while the group is being put together again. */
  | 'not-assigned'
  /** A commit below what this member has committed before. */
  | 'backwards'
  /** The broker lost track of the idempotent producer; it has been made anew. */
  | 'sequence'
  /** Records compressed with a codec that is not there, or damaged: they cannot be read. */
  | 'unreadable-batch'
  /** The member has not fetched or sent a heartbeat for three session timeouts. */
  | 'stalled'
  /** The publisher holds as many records as it may. */
  | 'overloaded'
  /** Whatever else the broker or the client says; `cause` has it. */
  | 'broker';

/** May the same call succeed later? Decides retry in the publisher and joining again in the consumer. */
const RETRIABLE: ReadonlySet<KafkaErrorCode> = new Set([
  'deadline',
  'connection',
  'sequence',
  'stalled',
  'overloaded',
  'not-assigned',
]);

export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly retriable: boolean;

  constructor(
    readonly code: KafkaErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retriable?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.retriable = options.retriable ?? RETRIABLE.has(code);
  }
}
