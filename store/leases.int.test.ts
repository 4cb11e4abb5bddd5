import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Pool } from 'pg';
import { createStore } from './create-store';
import { createLeases } from './leases';
import type { Store } from './store';
import { eventually } from './test/eventually';
import { type FreshDatabase, freshDatabase } from './testing';

let database: FreshDatabase;
let pool: Pool;
let one: Store;
let other: Store;

beforeEach(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.url, max: 10 });
  one = createStore({ pool: database.pool });
  other = createStore({ pool });
});

afterEach(async () => {
  await Promise.all([one?.close(), other?.close()]);
  await pool?.end();
  await database?.drop();
});

/** A way to the server that can fall silent, as a network does. */
async function stoppableLine(url: string) {
  const target = new URL(url);
  const [port, host] = [Number(target.port || 5432), target.hostname];
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, host);
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far);
    far.pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  target.hostname = '127.0.0.1';
  target.port = String(address.port);
  return {
    url: target.href,
    stop: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    goOn: () => {
      sockets.forEach((socket, nth) => void socket.pipe(sockets[nth ^ 1] ?? socket));
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const cutHolders = () =>
  database.pool.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())`,
  );

describe('a lease', () => {
  it('is held by one at a time, across processes, and free again when released', async () => {
    const lease = await one.subscriptions.tryLease('relay/0');
    expect(lease?.lost.aborted).toBe(false);
    expect(await other.subscriptions.tryLease('relay/0')).toBeUndefined();
    expect(await one.subscriptions.tryLease('relay/0')).toBeUndefined();
    const shard = await other.subscriptions.tryLease('relay/1');
    expect(shard).toBeDefined();
    await lease?.release();
    await lease?.release();
    expect(lease?.lost.aborted).toBe(false);
    const next = await other.subscriptions.tryLease('relay/0');
    expect(next).toBeDefined();
    await next?.release();
  });

  it('tells its holder when the connection is cut, and goes to the next', async () => {
    const lease = await one.subscriptions.tryLease('relay');
    if (lease === undefined) throw new Error('not held');
    const lost = once(lease.lost, 'abort');
    await cutHolders();
    await lost;
    expect(lease.lost.reason).toMatchObject({ code: 'unavailable' });
    await lease.release();
    await eventually(async () => {
      const next = await other.subscriptions.tryLease('relay');
      expect(next).toBeDefined();
      await next?.release();
    });
  });

  it('is lost when its connection does not answer', async () => {
    const line = await stoppableLine(database.url);
    const distant = new Pool({ connectionString: line.url, max: 4 });
    const leases = createLeases(distant, { maxHeld: 1, heartbeatMs: 100 });
    const lease = await leases.tryLease('relay');
    if (lease === undefined) throw new Error('not held');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(lease.lost.aborted).toBe(false);
    const lost = once(lease.lost, 'abort');
    line.stop();
    await lost;
    line.close();
    await distant.end();
  });

  it('outlives a PostgreSQL that is slow for a moment', async () => {
    const line = await stoppableLine(database.url);
    const distant = new Pool({ connectionString: line.url, max: 4 });
    const leases = createLeases(distant, { maxHeld: 1, heartbeatMs: 200 });
    const lease = await leases.tryLease('relay');
    for (let slow = 0; slow < 3; slow += 1) {
      line.stop();
      await new Promise((resolve) => setTimeout(resolve, 600));
      line.goOn();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(lease?.lost.aborted).toBe(false);
    await lease?.release();
    expect(await leases.tryLease('relay')).toBeDefined();
    await leases.releaseAll();
    await distant.end();
    line.close();
  });

  it('is refused when it would leave the pool without a connection', async () => {
    const leases = createLeases(pool, { maxHeld: 1, heartbeatMs: 1_000 });
    await leases.tryLease('a');
    await expect(leases.tryLease('b')).rejects.toMatchObject({ code: 'too-many-leases' });
    await leases.releaseAll();
    const b = await leases.tryLease('b');
    expect(b).toBeDefined();
    await leases.releaseAll();
  });

  it('ends with its store', async () => {
    await one.subscriptions.tryLease('relay');
    await one.close();
    const next = await other.subscriptions.tryLease('relay');
    expect(next).toBeDefined();
  });

  it('fails to be tried again when PostgreSQL is away', async () => {
    const away = new Pool({ host: '127.0.0.1', port: 1, max: 4 });
    const leases = createLeases(away, { maxHeld: 1, heartbeatMs: 1_000 });
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(leases.tryLease('a')).rejects.toMatchObject({ code: 'unavailable' });
    }
    await away.end();
  });
});
