import { Pool } from 'pg';
import type { Appender, Move } from '../../measure/appends';
import type { Stage } from '../../stage';
import { peerPackages, requireFrom } from '../packages';

/** What is called of `@event-driven-io/emmett-postgresql`, which is not there when this is compiled. */
interface EmmettPostgresql {
  getPostgreSQLEventStore(connectionString: string): EventStore;
}

interface EventStore {
  readonly schema: { migrate(): Promise<unknown> };
  appendToStream(
    stream: string,
    events: readonly { readonly type: string; readonly data: Move; readonly metadata: object }[],
    options: { readonly expectedStreamVersion: bigint | 'STREAM_DOES_NOT_EXIST' },
  ): Promise<{ readonly nextExpectedStreamVersion: bigint }>;
  close(): Promise<void>;
}

let opened = 0;

/**
 * Emmett's event store with its own defaults, in a database beside ours, which goes with the stack: it keeps connections
 * after it was closed. Rejects with `PeerMissing`.
 */
export async function openEmmett(stage: Stage): Promise<Appender> {
  const { pool, stack } = stage;
  const emmett: EmmettPostgresql = requireFrom(await peerPackages(stage))('@event-driven-io/emmett-postgresql');
  opened += 1;
  const database = `emmett_${opened}`;
  await pool.query(`create database ${database}`);
  const databaseUrl = new URL(stack.databaseUrl);
  databaseUrl.pathname = `/${database}`;
  const store = emmett.getPostgreSQLEventStore(databaseUrl.href);
  await store.schema.migrate();
  const versions = new Map<number, bigint>();
  return {
    name: 'emmett',
    append: async (writer, moves) => {
      const stream = `appointment-${writer}`;
      const events = moves.map((data) => ({ type: 'Moved', data, metadata: { correlationId: stream } }));
      const expectedStreamVersion = versions.get(writer) ?? 'STREAM_DOES_NOT_EXIST';
      const { nextExpectedStreamVersion } = await store.appendToStream(stream, events, { expectedStreamVersion });
      versions.set(writer, nextExpectedStreamVersion);
    },
    countStored: () => countMessages(databaseUrl.href),
    close: () => store.close(),
  };
}

async function countMessages(connectionString: string): Promise<number> {
  const pool = new Pool({ connectionString, max: 1 });
  try {
    const { rows } = await pool.query<{ count: number }>('select count(*)::integer as count from emt_messages');
    return rows[0]?.count ?? 0;
  } finally {
    await pool.end();
  }
}
