import type { Envelope, EventDefinition } from '@millrace/events';
import type { Hosting } from '../../workflows/kit/contract';

/** What the bridge does with an event whose subject has no stream and no workflow. */
export type WhenMissing = 'park' | 'ignore';
export type RouteMode = 'start' | 'signal' | 'startOrSignal';

/** The part of a workflow's contract that is used at run time. Every `WorkflowContract` is one. */
export interface RouteTarget {
  readonly target: string;
  readonly taskQueue: string;
  readonly transitionsTopic: string;
  readonly late: 'dead-letter' | 'ignore';
  readonly hosting?: Hosting | undefined;
  readonly startsOn: readonly string[];
  readonly acceptsOn: readonly string[];
  readonly stages: readonly string[];
}
// Contracts carry functions of the event: a contract fits only if it understands the route's event.
interface Starts<E extends Envelope> extends RouteTarget {
  readonly starts?: ((event: E) => void) | undefined;
}
interface Accepts<E extends Envelope> extends RouteTarget {
  readonly accepts?: ((event: E) => void) | undefined;
}

/** A target that the event itself names, out of a list. Any other name: the route does not apply. */
export interface NamedTarget<E extends Envelope, T extends RouteTarget> {
  readonly among: readonly T[];
  readonly named: (event: E) => string;
}

interface Common<E extends Envelope, T extends RouteTarget> {
  readonly target: T | NamedTarget<E, T>;
  /** Which of the target's subjects; within the event's tenant. */
  readonly key: (event: E) => string;
  /** Only events that satisfy it. */
  readonly when?: (event: E) => boolean;
}
interface MayMiss {
  readonly whenMissing: WhenMissing;
}

/** Where an event goes by one route. */
export interface Destination {
  readonly target: RouteTarget;
  readonly key: string;
  readonly mayStart: boolean;
  readonly whenMissing: WhenMissing;
}

/** One line of the wiring, as data. */
export interface Route {
  readonly eventType: string;
  /** The event's topic; null for events that the publisher places. */
  readonly topic: string | null;
  readonly mode: RouteMode;
  readonly whenMissing: WhenMissing;
  readonly targets: readonly RouteTarget[];
  /** Undefined: the route does not apply to this event. Throws what the route's own functions throw. */
  destination(event: Envelope): Destination | undefined;
}

export interface RouteFrom<E extends Envelope> {
  /** The event starts a subject. Where one is open already, the event is signalled to it. */
  start(route: Common<E, Starts<E>>): Route;
  /** The event reaches a subject that another event starts. */
  signal(route: Common<E, Accepts<E>> & MayMiss): Route;
  /** The event starts a subject or reaches it while it is open. */
  startOrSignal(route: Common<E, Starts<E> & Accepts<E>>): Route;
}

function route<E extends Envelope, T extends RouteTarget>(
  definition: { readonly type: string; readonly topic: string | null },
  mode: RouteMode,
  { target, key, when }: Common<E, T>,
  whenMissing: WhenMissing,
): Route {
  const targets = 'among' in target ? target.among : [target];
  const pick =
    'among' in target ? (event: E) => targets.find((one) => one.target === target.named(event)) : () => target;
  return {
    eventType: definition.type,
    topic: definition.topic,
    mode,
    whenMissing,
    targets,
    destination(envelope) {
      // The registry has checked the event against the definition of this type before it gets here.
      const event = envelope as E;
      const chosen = when === undefined || when(event) ? pick(event) : undefined;
      return chosen && { target: chosen, key: key(event), mayStart: mode !== 'signal', whenMissing };
    },
  };
}

/**
 * Begins a route: `on(OrderPlaced).start({ target: orderSagaContract, key: ({ data }) => data.orderId })`.
 * A target that does not understand the event, a missing `whenMissing` and a misspelt field are compile errors.
 */
export function on<Type extends string, Data, Input>(
  definition: EventDefinition<Type, Data, Input>,
): RouteFrom<Envelope<Type, Data>> {
  return {
    start: (options) => route(definition, 'start', options, 'park'),
    signal: (options) => route(definition, 'signal', options, options.whenMissing),
    startOrSignal: (options) => route(definition, 'startOrSignal', options, 'park'),
  };
}
