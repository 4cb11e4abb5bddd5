import type { Envelope } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';

/** `ours-activity` is the platform with `RECORDING=activity`. */
export type ContenderName = 'naive' | 'ours' | 'ours-activity';

/** One way from Kafka to transitions in PostgreSQL, up and running in processes of its own. */
export interface Contender {
  readonly name: ContenderName;
  /** Its processes and the servers, for their CPU time. */
  readonly pids: Readonly<Record<string, number>>;
  /** For the topic that it reads. */
  toRecord(event: Envelope): OutgoingRecord;
  /** Stops and continues (SIGSTOP, SIGCONT) the process that reads Kafka, so that records can be loaded ahead of it. */
  halt(): void;
  goOn(): void;
  /** How many transitions a tenant has in PostgreSQL; cheap enough to be asked often. */
  countStored(tenantId: string): Promise<number>;
  /** The ids of the events whose transitions are in PostgreSQL, as often as they are there. */
  storedEvents(tenantId: string): Promise<readonly string[]>;
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
