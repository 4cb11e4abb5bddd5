import type { Envelope } from '@millrace/events';

/** Where new subjects of a target live: each in a workflow of its own, or many in a few host workflows. */
export type Hosting = { readonly kind: 'own' } | { readonly kind: 'pooled'; readonly hosts: number };

export const own: Hosting = { kind: 'own' };

/** For journeys only: their machines do not know who runs them. The number may change; it places new subjects only. */
export const pooled = ({ hosts }: { readonly hosts: number }): Hosting => ({ kind: 'pooled', hosts });

/** The stages that every saga has besides its own. */
export const sagaStages = ['compensating', 'stuck', 'completed', 'cancelled', 'abandoned'] as const;

export type SagaStage = (typeof sagaStages)[number];

/**
 * What the outside may know of a workflow: its name, which events it understands, and its stages.
 * `Starts` and `Accepts` stand in function position, so a contract fits a route only if it understands the route's event.
 * `Stage` stands there too: a workflow cannot reach a stage that its contract does not list.
 */
export interface WorkflowContract<
  Starts extends Envelope = never,
  Accepts extends Envelope = never,
  Stage extends string = string,
> {
  /** First part of every subject and the workflow's type in Temporal: `orderSaga`. */
  readonly target: string;
  readonly taskQueue: string;
  /** Where the relay publishes its transitions. */
  readonly transitionsTopic: string;
  /** What becomes of events that come after the close. */
  readonly late: 'dead-letter' | 'ignore';
  /** Of a journey. A saga, whose order is its code, has a workflow of its own and leaves this out. */
  readonly hosting?: Hosting | undefined;
  readonly startsOn: readonly Starts['eventType'][];
  readonly acceptsOn: readonly Accepts['eventType'][];
  /** All there are, the ends included. */
  readonly stages: readonly Stage[];
  /** Types only: never called. */
  readonly starts?: ((event: Starts) => void) | undefined;
  readonly accepts?: ((event: Accepts) => void) | undefined;
  readonly reaches?: ((stage: Stage) => void) | undefined;
}

/** Contracts are written once per process and imported by the bridge, the API and the workflow itself. */
export const workflowContract = <Starts extends Envelope, Accepts extends Envelope, Stage extends string>(
  contract: Omit<WorkflowContract<Starts, Accepts, Stage>, 'starts' | 'accepts' | 'reaches'>,
): WorkflowContract<Starts, Accepts, Stage> => contract;
