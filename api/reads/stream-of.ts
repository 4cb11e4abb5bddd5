import type { StreamRow } from '../../store/types';
import type { ApiStore } from '../deps';
import { type Principal, speaksFor } from '../http/principal';
import { notFound, Problem } from '../http/problem';

/** The stream that an id in a path names, or 404: also for streams of tenants that the caller does not speak for. */
export async function streamOf(store: ApiStore, subject: string, principal: Principal): Promise<StreamRow> {
  const row = await store.streams.get(subject);
  if (row !== undefined && speaksFor(principal, row.tenantId)) return row;
  const tenantId = subject.split('/')[1] ?? null;
  if (row === undefined && speaksFor(principal, tenantId) && (await store.parking.parked([subject])).has(subject)) {
    throw new Problem('not-found', 'It has not started: events for it came early and are parked (/v1/parked).');
  }
  throw notFound('workflow');
}
