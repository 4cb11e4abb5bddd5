import { z } from 'zod';
import { text } from '../http/text';

const most = 200;

/** Parameters that every list has. */
export const pageParameters = {
  limit: z.coerce.number().int().min(1).max(most).default(50),
  cursor: text(2_000).optional().describe('`next` of the page before'),
};

export const tenantParameter = {
  tenant: text(200).optional().describe('Required with a token that speaks for several tenants'),
};

export const pageOf = <S extends z.ZodType>(items: S) =>
  z.object({
    items: z.array(items),
    next: z.string().nullable().describe('Cursor of the next page; null on the last'),
  });

/** What the store takes: no key without a value. */
export const storePage = ({ limit, cursor }: { limit: number; cursor?: string | undefined }) => ({
  limit,
  ...(cursor === undefined ? {} : { cursor }),
});

/** Drops keys without a value. */
export function given<T extends Record<string, string | undefined>>(filter: T): { [K in keyof T]?: string } {
  const present: { [K in keyof T]?: string } = {};
  for (const name in filter) {
    const value = filter[name];
    if (value !== undefined) present[name] = value;
  }
  return present;
}
