import { Client } from 'pg';
import { untilAnswers } from './until';

/** Waits until the database answers `select 1`. */
export function postgresReady(databaseUrl: string, limitMs: number, ended?: Promise<string>): Promise<void> {
  const { host } = new URL(databaseUrl);
  return untilAnswers(`PostgreSQL at ${host}`, () => query(databaseUrl, 'select 1').then(() => undefined), {
    limitMs,
    ended,
  });
}

/** Creates the database if the server does not have it yet. */
export async function ensureDatabase(serverUrl: string, database: string): Promise<void> {
  const found = await query(serverUrl, 'select 1 from pg_database where datname = $1', [database]);
  if (found.length === 0) await query(serverUrl, `create database "${database}"`);
}

/** Whether the database has a table of this name. */
export async function hasTable(databaseUrl: string, table: string): Promise<boolean> {
  const found = await query(databaseUrl, 'select 1 from pg_tables where tablename = $1', [table]);
  return found.length > 0;
}

async function query(url: string, text: string, values: string[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined); // a connection that breaks while waiting also fails the query
  try {
    await client.connect();
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
