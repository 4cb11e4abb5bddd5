import { z } from 'zod';
import type { EventDefinition } from './define-event';

export interface CatalogVersion {
  readonly version: string;
  /** JSON Schema (2020-12) of `data` as producers send it. */
  readonly data: Record<string, unknown>;
}

/** One event as documentation needs it. */
export interface CatalogEntry {
  readonly type: string;
  readonly description: string;
  readonly topic: string | null;
  readonly aggregateType: string | null;
  /** The field of `data` that has to be equal to `aggregateId`. */
  readonly aggregateIdField: string | null;
  readonly latest: CatalogVersion;
  /** Still read, oldest first. */
  readonly older: readonly CatalogVersion[];
}

export const catalog = (definitions: readonly EventDefinition[]): readonly CatalogEntry[] =>
  definitions.map(({ type, description, topic, aggregateType, aggregateIdField, version, data, older }) => ({
    type,
    description,
    topic,
    aggregateType,
    aggregateIdField,
    latest: { version, data: jsonSchema(data) },
    older: older.map((one) => ({ version: one.version, data: jsonSchema(one.data) })),
  }));

const jsonSchema = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};
