import type { Logger } from '@millrace/kafka';
import type { Pool, PoolClient } from 'pg';
import { createLease } from './lease';
import type { OutboxRow } from './outbox';
import { createPoller, type Round } from './poller';
import type { EventPublisher } from './publisher';
import type { ServiceName } from './service-name';

const BATCH = 500;

export interface OutboxRelayOptions {
  readonly pool: Pool;
  readonly service: ServiceName;
  readonly publisher: EventPublisher;
  readonly logger: Logger;
}

export interface OutboxRelay {
  start(): void;
  wake(): void;
  stop(): Promise<void>;
}

/** Splits by aggregate, each in the order of the outbox. */
export function lanesOf(rows: readonly OutboxRow[]): readonly (readonly OutboxRow[])[] {
  const lanes = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const lane = lanes.get(row.event.aggregateId);
    if (lane === undefined) lanes.set(row.event.aggregateId, [row]);
    else lane.push(row);
  }
  return [...lanes.values()];
}

/** Publishes one aggregate's events one after the other, up to the first that fails. */
async function publishLane(
  lane: readonly OutboxRow[],
  publisher: EventPublisher,
): Promise<{ done: readonly string[]; failure?: unknown }> {
  const done: string[] = [];
  for (const { position, event, traceparent } of lane) {
    try {
      await publisher.publishEvent(event, { traceparent: traceparent ?? undefined });
      done.push(position);
    } catch (failure) {
      return { done, failure };
    }
  }
  return { done };
}

/**
 * Publishes a service's outbox to Kafka: in order per aggregate, at least once, with the same event ids when repeated.
 * A row goes only after Kafka has acknowledged its event. One relay per service works at a time; others stand by.
 */
export function createOutboxRelay({ pool, service, publisher, logger }: OutboxRelayOptions): OutboxRelay {
  const lease = createLease(pool, `${service}/outbox`);

  async function publish(client: PoolClient, rows: readonly OutboxRow[]): Promise<void> {
    const results = await Promise.all(lanesOf(rows).map((lane) => publishLane(lane, publisher)));
    await client.query(`delete from ${service}.outbox where position = any($1)`, [results.flatMap(({ done }) => done)]);
    const failures = results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `${failures.length} aggregates of the ${service} outbox could not be published`,
      );
  }

  async function work(): Promise<Round> {
    const client = await lease.take();
    if (client === undefined) return { found: false };
    const { rows } = await client.query<OutboxRow>(
      `select position, event, traceparent from ${service}.outbox order by position limit ${BATCH}`,
    );
    if (rows.length === 0) return { found: false };
    await publish(client, rows);
    return { found: true };
  }

  const poller = createPoller({ name: `${service} outbox`, work, logger });
  return {
    start: poller.start,
    wake: poller.wake,
    async stop() {
      await poller.stop();
      await lease.release();
    },
  };
}
