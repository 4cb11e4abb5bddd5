import type { AppendRequest, Json, SubjectRef } from '../../activities/recording/recording.activities';
import type { Pending } from './effects';
import type { Machine, Outcome } from './machine';
import type { WireEvent } from './wire';

/** Names the journey through the platform that a subject belongs to. */
export interface Tracing {
  readonly correlationId: string;
  /** Of the last event taken that had one. */
  readonly traceparent?: string | undefined;
}

/** What follows runs under the trace of the newest of these events. */
export function followed(tracing: Tracing, events: readonly WireEvent[]): Tracing {
  const traceparent = events.findLast((event) => event.traceparent !== undefined)?.traceparent;
  return {
    correlationId: tracing.correlationId || (events[0]?.correlationId ?? ''),
    traceparent: traceparent ?? tracing.traceparent,
  };
}

/** What stands in the stream's row after the last move. */
export function standingAfter<State extends { readonly at: string }>(
  machine: Pick<Machine<State, never, never, never>, 'name' | 'version' | 'deadline'>,
  state: State | undefined,
  closed: boolean,
): AppendRequest['after'] {
  if (state === undefined) throw new Error(`${machine.name} has not begun`);
  const deadline = closed ? 'none' : machine.deadline(state);
  return {
    stage: state.at,
    state: state as unknown as Json, // machines keep plain data: it is carried over continue-as-new as well
    machineVersion: machine.version,
    closed,
    deadline: deadline === 'none' ? undefined : deadline,
  };
}

/** Milliseconds since the epoch; infinity for none. Throws if the machine names no instant. */
export function deadlineMs<State extends { readonly at: string }>(
  machine: Pick<Machine<State, never, never, never>, 'name' | 'deadline'>,
  state: State | undefined,
): number {
  const at = state === undefined ? 'none' : machine.deadline(state);
  if (at === 'none') return Number.POSITIVE_INFINITY;
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) throw new Error(`${machine.name} gave ${at} as its deadline, which is no instant`);
  return ms;
}

/** The effects that recorded moves ask for, with all they need. */
export function pendingEffects<State, Effect extends { readonly name: string }>(
  { subject, tenantId }: Pick<SubjectRef, 'subject' | 'tenantId'>,
  tracing: Tracing,
  { standing, transitions, effects }: Outcome<State, Effect>,
): Pending<Effect>[] {
  const first = standing.version - transitions.length;
  return effects.map((asked) => ({
    ...asked,
    context: {
      key: `${subject}/${asked.version}/${asked.effect.name}`,
      tenantId,
      ...tracing,
      causationId: transitions[asked.version - first - 1]?.causes.at(-1),
    },
  }));
}
