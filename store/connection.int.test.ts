import { inTransaction } from './connection';
import { type FreshDatabase, freshDatabase } from './testing';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase({ migrated: false });
});
afterAll(() => database?.drop());

describe('a transaction', () => {
  it('bug: was not ended when its process stood still, unless it was an append: it kept its locks and held up the feed', async () => {
    const client = await database.pool.connect();
    const idle = inTransaction(client, 'select 1', async () => {
      const { rows } = await client.query<{ limit: string }>(
        `select current_setting('idle_in_transaction_session_timeout') as limit`,
      );
      return rows[0]?.limit;
    });
    expect(await idle).toBe('15s');
    client.release();
  });
});
