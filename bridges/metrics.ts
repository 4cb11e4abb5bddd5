import type { LedgerVerdict, ParkCause } from '../store/types';

/** What a call to Temporal came to. */
export type CallResult = 'taken' | 'not-found' | 'already-started' | 'failed';
export type CallKind = 'signal' | 'signal-with-start' | 'barrier';

/** What the inbound bridge counts. `infra` implements it with prom-client. */
export interface BridgeMetrics {
  /** One record was decoded and routed; `type` is 'undecodable' for what could not be read. */
  recordRead(topic: string, type: string): void;
  /** One event's way to one subject ended here; `target` is 'none' without a route. */
  outcome(target: string, verdict: LedgerVerdict, cause: string): void;
  /** Of the call itself, without the wait for its turn. */
  callEnded(target: string, kind: CallKind, result: CallResult, durationMs: number): void;
  /** So many events of one subject went with one call, whatever becomes of it. */
  subjectCalled(target: string, events: number): void;
  /** So many events, of one subject or many, went with one call to a host, whatever becomes of it. */
  hostCalled(target: string, events: number): void;
  /** A call had to wait so long until Temporal was ready to take it; 0 mostly. */
  callWaited(durationMs: number): void;
  /** Fewer calls at a time from now on: Temporal refused some, or took long. */
  callLimitCut(why: 'refused' | 'slow'): void;
  laneParked(target: string, cause: ParkCause): void;
  /** Events that the sweep took out of a parked lane. */
  drained(target: string, events: number): void;
  deadLettered(topic: string, cause: string): void;
  sweepEnded(lanes: number, durationMs: number): void;
  ledgerWritten(rows: number, durationMs: number): void;
}

/** What the relay counts. */
export interface RelayMetrics {
  published(topic: string, records: number): void;
  /** One transition was published. After a crash some are published, and counted, again. */
  transition(target: string, stage: string): void;
  batchEnded(entries: number, durationMs: number): void;
  /** Age of the oldest entry of the batch that is sent or was just acknowledged, milliseconds since it was recorded; 0 when idle. */
  age(ageMs: number): void;
  failed(): void;
  /** 1 while this process holds the lease. */
  leading(holds: boolean): void;
}

export interface DeadLetterMetrics {
  indexed(topic: string, letters: number): void;
}

const nothing = (): void => {};

export const noBridgeMetrics: BridgeMetrics = {
  recordRead: nothing,
  outcome: nothing,
  callEnded: nothing,
  subjectCalled: nothing,
  hostCalled: nothing,
  callWaited: nothing,
  callLimitCut: nothing,
  laneParked: nothing,
  drained: nothing,
  deadLettered: nothing,
  sweepEnded: nothing,
  ledgerWritten: nothing,
};
export const noRelayMetrics: RelayMetrics = {
  published: nothing,
  transition: nothing,
  batchEnded: nothing,
  age: nothing,
  failed: nothing,
  leading: nothing,
};
export const noDeadLetterMetrics: DeadLetterMetrics = { indexed: nothing };
