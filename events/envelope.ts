/**
 * The envelope that every event travels in: the JSON value of a Kafka record.
 * Shape from requirements/epic-002; `tenantId` is required. The record's key is `aggregateId`.
 */
export interface Envelope<Type extends string = string, Data = unknown> {
  /** With `tenantId` the event's identity: UUIDv7, or UUIDv5 where it must come out the same again. */
  readonly eventId: string;
  /** PascalCase, past tense: `OrderPlaced`. */
  readonly eventType: Type;
  /** `major.minor`, for example `1.1`. */
  readonly eventVersion: string;
  /** Instant in UTC, RFC 3339. */
  readonly eventTime: string;
  /** Where the type's contract names a field of `data` for it: the same as there. */
  readonly aggregateId: string;
  /** That of the type's contract. */
  readonly aggregateType: string;
  readonly tenantId: string;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly data: Data;
}
