import { Pool } from 'pg';
import { createStore } from './create-store';

describe('a store', () => {
  it('lets an idle connection break, also between its close and the end of its pool', async () => {
    const pool = new Pool({ max: 4 }); // connects when it is asked to
    await createStore({ pool }).close();
    await createStore({ pool }).close();
    expect(pool.emit('error', new Error('the connection is gone'), pool)).toBe(true);
    expect(pool.listenerCount('error')).toBe(1);
    await pool.end();
  });

  it('refuses a pool that is too small to share', () => {
    expect(() => createStore({ pool: new Pool({ max: 3 }) })).toThrow('at least 4 connections');
  });
});
