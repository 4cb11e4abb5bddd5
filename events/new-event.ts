import { v7 } from 'uuid';
import { checkEvent, factsOf } from './decode';
import type { EventDefinition } from './define-event';
import type { Envelope } from './envelope';
import { FaultFound, InvalidEventError } from './faults';
import { storable } from './json';

export interface NewEvent<Input> {
  readonly tenantId: string;
  readonly aggregateId: string;
  readonly data: Input;
  /** Only where the definition leaves it open. */
  readonly aggregateType?: string | undefined;
  /** Default: the event's own id, for the first of a chain. */
  readonly correlationId?: string | undefined;
  /** Id of the event that caused this one. */
  readonly causationId?: string | undefined;
  /** Default: a UUIDv7. Give a UUIDv5 where the same event may be made twice. */
  readonly eventId?: string | undefined;
  /** Default: now. */
  readonly eventTime?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Makes a valid event: what is wrong with it is said here and not by those who read it.
 * @throws InvalidEventError with the field at fault
 */
export function newEvent<Type extends string, Data, Input>(
  definition: EventDefinition<Type, Data, Input>,
  input: NewEvent<Input>,
): Envelope<Type, Data> {
  const eventId = input.eventId ?? v7();
  const raw = {
    eventId,
    eventType: definition.type,
    eventVersion: definition.version,
    eventTime: input.eventTime ?? new Date().toISOString(),
    aggregateId: input.aggregateId,
    aggregateType: definition.aggregateType ?? input.aggregateType,
    tenantId: input.tenantId,
    correlationId: input.correlationId ?? eventId,
    causationId: input.causationId,
    metadata: storableOrFault(input.metadata, 'metadata'),
    data: storableOrFault(input.data, 'data'),
  };
  const { event } = orInvalid(() => checkEvent(raw, () => definition));
  return event as Envelope<Type, Data>;
}

const storableOrFault = (value: unknown, path: string): unknown => orInvalid(() => storable(value, path));

function orInvalid<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof FaultFound)) throw error;
    throw new InvalidEventError(factsOf(error));
  }
}
