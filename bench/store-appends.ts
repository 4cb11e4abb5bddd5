import { Pool } from 'pg';
import { createStore } from '../store';
import type { Appender } from './measure/appends';
import type { Stage } from './stage';
import { freshTenant } from './workload';

/** The platform's event store as its worker runs it: each move is caused by an event, which the same append marks as consumed. */
export async function openOurStore({ stack }: Stage): Promise<Appender> {
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 10 });
  const store = createStore({ pool });
  const tenantId = freshTenant('appends');
  const versions = new Map<number, number>();
  return {
    name: 'ours',
    append: async (writer, moves) => {
      const key = `appointment-${writer}`;
      const expectedVersion = versions.get(writer) ?? 0;
      const last = moves.at(-1);
      const result = await store.append({
        subject: `appointmentJourney/${tenantId}/${key}`,
        target: 'appointmentJourney',
        tenantId,
        key,
        chain: 'bench',
        correlationId: key,
        expectedVersion,
        transitions: moves.map(({ cause, ...move }) => ({ ...move, causes: [cause] })),
        consumed: moves.map(({ cause }, at) => ({ eventId: cause, version: expectedVersion + at })),
        late: [],
        after: { stage: last?.to ?? '', state: last?.data ?? null, machineVersion: 1, closed: false },
      });
      if (result.status !== 'recorded') throw new Error(`an append was answered with ${result.status}`);
      versions.set(writer, result.version);
    },
    countStored: async () => {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::integer as count from millrace.events where kind = 'transition' and subject in
          (select subject from millrace.streams where tenant_id = $1)`,
        [tenantId],
      );
      return rows[0]?.count ?? 0;
    },
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
}
