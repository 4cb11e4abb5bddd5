import type { Queryable } from '../connection';
import type { Store } from '../store';
import { requireIndexable } from '../text';
import type { Placement } from '../types';

interface PlacementRecord {
  readonly subject: string;
  readonly host: string | null;
}

const bySubject = (rows: readonly PlacementRecord[]): ReadonlyMap<string, Placement> =>
  new Map(rows.map(({ subject, host }) => [subject, { host }]));

/**
 * A stream that began before there were placements belongs to a workflow of its own. Not a named statement: a plan made
 * while the tables were small would read them whole for ever after.
 */
const find = `
  select subject, host from millrace.placements where subject = any($1::text[])
  union all
  select subject, null from millrace.streams s where subject = any($1::text[])
    and not exists (select from millrace.placements p where p.subject = s.subject)`;

/** In the order of the subjects, so that two bridges that place the same ones do not wait in a circle. */
const place = `
  insert into millrace.placements (subject, host)
  select subject, case when s.subject is null then host end
  from unnest($1::text[], $2::text[]) wanted(subject, host)
    left join (select subject from millrace.streams where subject = any($1::text[])) s using (subject)
  order by subject
  on conflict (subject) do nothing`;

/** Where subjects live (docs/decisions/0005). The first who places a subject wins. */
export const createPlacements = (connection: Queryable): Store['placement'] => ({
  async find(subjects) {
    for (const subject of subjects) requireIndexable({ subject });
    const { rows } = await connection.query<PlacementRecord>(find, [subjects]);
    return bySubject(rows);
  },

  async place(wanted) {
    const subjects = [...wanted.keys()];
    for (const subject of subjects) requireIndexable({ subject });
    await connection.query(place, [subjects, subjects.map((subject) => wanted.get(subject)?.host ?? null)]);
    const { rows } = await connection.query<PlacementRecord>(find, [subjects]);
    return bySubject(rows);
  },
});
