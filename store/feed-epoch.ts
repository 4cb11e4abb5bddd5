import type { ClientBase } from 'pg';

/**
 * After a restore into another cluster transaction ids start low again: rows that came along would lie above the
 * horizon, and new rows would sort before them. A new epoch puts all that is there before all that comes. Known by the
 * cluster's identifier, or by a stored id that this cluster has not reached yet.
 *
 * The table's lock waits for appends in flight, so that none can add to an epoch that readers take for complete.
 */
export async function raiseEpochAfterRestore(client: ClientBase): Promise<boolean> {
  const { rowCount: restored } = await client.query(`select from millrace.feed_epoch where ${restoredElsewhere}`);
  if (restored === 0) return false;
  await client.query('begin');
  try {
    await client.query('lock table millrace.events in share row exclusive mode');
    const { rowCount } = await client.query(
      `update millrace.feed_epoch set epoch = epoch + 1, since = now(),
        system_identifier = (select system_identifier::text from pg_control_system())
      where ${restoredElsewhere}`,
    );
    await client.query('commit');
    return rowCount === 1;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

const restoredElsewhere = `
  system_identifier <> (select system_identifier::text from pg_control_system())
  or coalesce((
    select transaction_id >= pg_snapshot_xmax(pg_current_snapshot()) from millrace.events
    where events.epoch = feed_epoch.epoch order by events.epoch desc, transaction_id desc limit 1
  ), false)`;
