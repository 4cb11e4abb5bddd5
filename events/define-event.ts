import { z } from 'zod';
import type { Envelope } from './envelope';

/** A version that is still read: its data is checked by `data`, then lifted to the next newer version by `upcast`. */
export interface OlderVersion {
  readonly version: string;
  readonly data: z.ZodType;
  readonly upcast: (data: unknown) => unknown;
}

/** One event's contract: what it is called, where it travels and what its data looks like. */
export interface EventDefinition<Type extends string = string, Data = unknown, Input = unknown> {
  readonly type: Type;
  /** The version written now, `major.minor`. */
  readonly version: string;
  /** Null when the publisher names the topic, as the relay does for transitions. */
  readonly topic: string | null;
  /** Null when it differs from event to event. */
  readonly aggregateType: string | null;
  /** The field of data that says the aggregate's id again: an event in which the two differ is refused. Null: none does. */
  readonly aggregateIdField: string | null;
  /** Checks data of `version` and computes what the edge computes. */
  readonly data: z.ZodType<Data, Input>;
  /** Oldest first. */
  readonly older: readonly OlderVersion[];
  /** One sentence for the catalog. */
  readonly description: string;
}

export type FindDefinition = (type: string) => EventDefinition | undefined;

/** The event that a definition describes: `type OrderPlaced = EventOf<typeof OrderPlaced>`. */
export type EventOf<D> = D extends EventDefinition<infer Type, infer Data, infer _Input> ? Envelope<Type, Data> : never;

export const defineEvent = <const Type extends string, Data, Input>(
  definition: Omit<EventDefinition<Type, Data, Input>, 'aggregateIdField' | 'older'> & {
    readonly aggregateIdField?: Extract<keyof Data, string>;
    readonly older?: readonly OlderVersion[];
  },
): EventDefinition<Type, Data, Input> => ({
  ...definition,
  aggregateIdField: definition.aggregateIdField ?? null,
  older: definition.older ?? [],
});

/** An older version and its way to the next one, typed by its own schema. */
export const olderVersion = <Data>(
  version: string,
  data: z.ZodType<Data>,
  upcast: (data: Data) => unknown,
): OlderVersion => ({
  version,
  data,
  // The registry hands over only what `data` has accepted.
  upcast: (checked) => upcast(checked as Data),
});

/** An object that keeps fields it does not know, but whose type has only those it does: a misspelt field is a compile error. */
export const fields = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.looseObject(shape) as unknown as z.ZodObject<Shape, z.core.$strip>;
