import type { PoolClient } from 'pg';
import { inTransaction, queryable } from '../connection';
import { lockKey } from '../lock-key';
import { JOURNEYS, parkEvents } from '../parking/parked-events';
import { storable } from '../text';
import type { DeliveredEvent, SubjectRef } from '../types';

/** A journey whose machine threw, with all events that it did not take. */
export interface ParkedJourney {
  readonly ref: SubjectRef;
  readonly host: string;
  readonly events: readonly DeliveredEvent[];
  /** What the machine threw. */
  readonly message: string;
  /** RFC 3339, UTC. */
  readonly retryAt: string;
}

const MAX_MESSAGE = 500;

/** Under the stream's lock: two tries of one call are one. `now`: RFC 3339. */
export function parkJourney(client: PoolClient, journey: ParkedJourney, now: string): Promise<void> {
  const { ref, host, events, message, retryAt } = journey;
  const why = { host, message: storable(message, MAX_MESSAGE), retry_at: retryAt };
  const lock = `select pg_advisory_xact_lock(${lockKey('stream', ref.subject)})`;
  return inTransaction(client, lock, () =>
    parkEvents(queryable(client), JOURNEYS, { ref, events, parkedAt: now, why }),
  );
}
