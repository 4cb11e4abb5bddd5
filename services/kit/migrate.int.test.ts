import { migrateServices } from '../index';
import { freshDatabase } from '../testing/fresh-database';
import { migrateSchema } from './migrate';

jest.setTimeout(60_000); // on a machine with much else to do

describe('the services’ migrations', () => {
  it('run at once and again, and apply each step once', async () => {
    const database = await freshDatabase();
    await Promise.all(Array.from({ length: 8 }, () => migrateServices(database.pool)));
    await migrateServices(database.pool);
    const { rows } = await database.pool.query('select version from payments.migrations order by version');
    expect(rows).toEqual([{ version: 1 }, { version: 2 }]);
    await database.drop();
  });

  it('apply later steps to what is there, all or none', async () => {
    const database = await freshDatabase();
    await migrateSchema(database.pool, 'shipping', ['create table shipping.a (n int)']);
    const steps = ['create table shipping.a (n int)', 'create table shipping.b (n int)'];
    await expect(migrateSchema(database.pool, 'shipping', [...steps, 'no sql'])).rejects.toThrow('syntax error');
    await expect(database.pool.query('select from shipping.b')).rejects.toThrow('does not exist');
    await migrateSchema(database.pool, 'shipping', steps);
    await database.pool.query('select from shipping.b');
    await database.drop();
  });
});
