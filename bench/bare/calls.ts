import type { DeliveredEvent, SubjectRef } from '../../store/types';

/** A call as the bridge made it. */
export interface BareCall {
  readonly ref: SubjectRef;
  readonly starts: boolean;
  readonly events: readonly DeliveredEvent[];
}

/** How many events of each tenant the bridge waits for before it tells; it takes no others. */
export type BareRuns = Readonly<Record<string, number>>;

/** What the bridge tells when it has delivered everything. */
export interface BareReport {
  /** Of the last answer, milliseconds since the epoch. */
  readonly at: number;
  /** p99 of its event loop from the first answer on. */
  readonly loopP99Ms: number;
  readonly calls: readonly BareCall[];
}

/** As targets go: subjects of this kind only take, or record. */
export const bareTarget = (target: 'bareSink' | 'bareRecorder') => ({
  target,
  taskQueue: 'bare',
  transitionsTopic: 'none',
  late: 'ignore' as const,
  startsOn: [],
  acceptsOn: [],
  stages: [],
});
