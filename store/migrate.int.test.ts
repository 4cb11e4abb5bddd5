import { createStore } from './create-store';
import { migrate, migrationNames, migrationsFolder } from './migrate';
import { type FreshDatabase, freshDatabase, withFreshDatabase } from './testing';

let database: FreshDatabase;

beforeEach(async () => {
  database = await freshDatabase({ migrated: false });
});

afterEach(() => database?.drop());

describe('migrate', () => {
  it('runs once, however many processes start at the same time, and again without effect', async () => {
    await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    await migrate(database.url);
    const { rows } = await database.pool.query('select name from millrace.migrations');
    expect(rows.map(({ name }) => name)).toEqual(migrationNames());
    const { rows: elsewhere } = await database.pool.query(`select from pg_tables where schemaname = 'public'`);
    expect(elsewhere).toEqual([]);
  });

  it('runs on a connection that somebody else opened, and leaves it open', async () => {
    const client = await database.pool.connect();
    await migrate(client);
    expect((await client.query('select epoch from millrace.feed_epoch')).rows).toEqual([{ epoch: 1 }]);
    client.release();
  });

  it('fails to be tried again when PostgreSQL is away', async () => {
    await expect(migrate('postgres://127.0.0.1:1/none')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('needs its files', () => {
    expect(() => migrationsFolder('/')).toThrow('No folder');
  });
});

describe('ping', () => {
  it('answers once the migrations are in place', async () => {
    const store = createStore({ pool: database.pool });
    await expect(store.ping()).rejects.toMatchObject({ code: 'not-migrated' });
    await migrate(database.url);
    await store.ping();
    await database.pool.query('delete from millrace.migrations');
    await expect(store.ping()).rejects.toMatchObject({ code: 'not-migrated' });
    await store.close();
  });
});

describe('withFreshDatabase', () => {
  it('lends a migrated database and drops it', async () => {
    const url = await withFreshDatabase(async (fresh) => {
      expect((await fresh.pool.query('select from millrace.streams')).rowCount).toBe(0);
      return fresh.url;
    });
    await expect(migrate(url)).rejects.toMatchObject({ code: 'refused-by-database' });
  });
});
