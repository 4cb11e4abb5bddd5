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

/** A stream that began before there were placements belongs to a workflow of its own. */
const find = {
  name: 'millrace-find-placements',
  text: `
    select wanted.subject, placed.host
    from unnest($1::text[]) wanted(subject) left join millrace.placements placed using (subject)
    where placed.subject is not null
      or exists (select from millrace.streams s where s.subject = wanted.subject)`,
};

/** In the order of the subjects, so that two bridges that place the same ones do not wait in a circle. */
const place = {
  name: 'millrace-place',
  text: `
    insert into millrace.placements (subject, host)
    select subject,
      case when exists (select from millrace.streams s where s.subject = wanted.subject) then null else host end
    from unnest($1::text[], $2::text[]) wanted(subject, host) order by subject
    on conflict (subject) do nothing`,
};

/** Where subjects live (design: decision 23). The first who places a subject wins. */
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
