import { Pool } from 'pg';
import { aliveOrLost } from './clients';

describe('a connection to PostgreSQL', () => {
  const connecting = { connectionString: process.env['DATABASE_URL'], ...aliveOrLost };

  it('is asked by PostgreSQL whether it lives, so that its locks do not outlive it for hours', async () => {
    const pool = new Pool(connecting);
    const { rows } = await pool.query(
      `select current_setting('tcp_keepalives_idle') as idle, current_setting('tcp_keepalives_count') as count`,
    );
    await pool.end();
    expect(rows).toEqual([{ idle: '15', count: '3' }]);
  });

  it('fails a statement that gets no answer, and the next one has another connection', async () => {
    const pool = new Pool({ ...connecting, query_timeout: 100 });
    await expect(pool.query('select pg_sleep(1)')).rejects.toThrow('timeout');
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});
