import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { Client, type ClientBase } from 'pg';
import { storeError } from './errors';
import { raiseEpochAfterRestore } from './feed-epoch';

const MIGRATIONS = join('store', 'migrations');

/** The SQL files are not compiled: from source and from `dist/` alike they are found beside the checkout's root. */
export function migrationsFolder(from: string = __dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, MIGRATIONS);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) throw new Error(`No folder ${MIGRATIONS} above ${from}`);
  }
}

export const migrationNames = (): readonly string[] =>
  readdirSync(migrationsFolder())
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();

/**
 * Brings the schema `millrace` up to date, then raises the feed's epoch if the database was restored elsewhere.
 * Several processes may call it at once: an advisory lock lets them through one by one. Throws `StoreError`.
 */
export async function migrate(database: string | ClientBase): Promise<void> {
  if (typeof database !== 'string') return migrateOn(database);
  const client = new Client({ connectionString: database });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await migrateOn(client);
  } catch (error) {
    throw storeError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const silent = (): void => undefined;

async function migrateOn(client: ClientBase): Promise<void> {
  try {
    await runner({
      dbClient: client,
      dir: migrationsFolder(),
      direction: 'up',
      migrationsTable: 'migrations',
      migrationsSchema: 'millrace',
      createMigrationsSchema: true,
      singleTransaction: true,
      advisoryLockMode: 'wait',
      logger: { debug: silent, info: silent, warn: silent, error: silent },
    });
    await raiseEpochAfterRestore(client);
  } catch (error) {
    throw storeError(error);
  }
}
