import { type DecodedRecord, decodeRecord, type EncodedRecord } from './decode';
import type { EventDefinition } from './define-event';

/** The events that are known here, by type. */
export interface Registry {
  readonly definitions: readonly EventDefinition[];
  definition(type: string): EventDefinition | undefined;
  /** Never throws. Recognises the JSON envelope and CloudEvents, binary and structured; lifts older versions to the newest. */
  decode(record: EncodedRecord): DecodedRecord;
}

/** @throws Error when two definitions share a type */
export function createRegistry(definitions: readonly EventDefinition[]): Registry {
  const byType = new Map<string, EventDefinition>();
  for (const definition of definitions) {
    if (byType.has(definition.type)) throw new Error(`two definitions of ${definition.type}`);
    byType.set(definition.type, definition);
  }
  const definition = (type: string): EventDefinition | undefined => byType.get(type);
  return { definitions, definition, decode: (record) => decodeRecord(record, definition) };
}
