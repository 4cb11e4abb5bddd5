import type { Envelope } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';

/** One way from Kafka to transitions in PostgreSQL, up and running in processes of its own. */
export interface Contender {
  readonly name: string;
  /** Its processes and the servers, for their CPU time. */
  readonly pids: Readonly<Record<string, number>>;
  /** Where its processes serve their metrics, by process. */
  readonly metricsPorts?: Readonly<Record<string, number>>;
  /** Keys of ten events each to warm it up with; 100 where it does not say. */
  readonly warmUpKeys?: number;
  /** For the topic that it reads. */
  toRecord(event: Envelope): OutgoingRecord;
  /** Stops and continues (SIGSTOP, SIGCONT) the process that reads Kafka, so that records can be loaded ahead of it. */
  halt(): void;
  goOn(): void;
  /** How many transitions a tenant has in PostgreSQL; cheap enough to be asked often. */
  countStored(tenantId: string): Promise<number>;
  /** The ids of the events whose transitions are in PostgreSQL, as often as they are there; those of a key in the order of its stream if `keepsOrder`. */
  storedEvents(tenantId: string): Promise<readonly string[]>;
  /** Whether it claims that the events of a key take effect in their order: then it is held to it. */
  readonly keepsOrder?: boolean;
  /** When each event's transition was committed, in milliseconds since the epoch, by event id. */
  storedAt?(tenantId: string): Promise<ReadonlyMap<string, number>>;
  /** Waits for what belongs to the work and comes after the last transition; rejects if it does not come. */
  settle(tenantId: string, events: number): Promise<void>;
  /** From now on, notes when the outcome of each event can be read by others. */
  watch(tenantId: string): Promise<Arrivals>;
  /** Ends the processes and whatever work is left over. */
  stop(): Promise<void>;
}

export interface Arrivals {
  /** By event id, in milliseconds since the epoch. */
  seen(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}
