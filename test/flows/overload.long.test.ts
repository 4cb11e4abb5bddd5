import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppointmentRescheduled, AppointmentScheduled, encode, newEvent } from '@millrace/events';
import { type Observer, observe } from '../../infra/reconcile/observer';
import { type PlatformProcesses, startPlatformProcesses } from '../support/platform-processes';

/** Ten times the steady load of docs/benchmarks.md. */
const PER_SECOND = Number(process.env['OVERLOAD_PER_SECOND'] ?? 8_330);
const SECONDS = Number(process.env['OVERLOAD_SECONDS'] ?? 60);
/** Allocators keep what a first storm needed (live heaps after it: bridge 45 MB, worker 55 and 30, relay 25); growth after that would be a leak. */
const WARM_SECONDS = 12;
const GROWTH_MIB = 150;
const JOURNEYS = 2_000;
const TICK_MS = 50;
/** Above it the test waits for Kafka: what it cannot send in time it sends as fast as it can. */
const UNACKNOWLEDGED = 10_000;
const MIB = 1024 * 1024;
const tenantId = 'clinic';
const watched = ['bridge', 'worker', 'relay'] as const;

const at = (nth: number) => ({
  startsAtLocal: `2031-03-02T${String(nth % 24).padStart(2, '0')}:00:00`,
  timeZone: 'UTC',
});
const pause = (ms: number) => new Promise<void>((next) => setTimeout(next, ms));

function residentMib(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kib) * 1024) / MIB);
}

describe(`ten times the steady load, ${PER_SECOND} events a second for ${SECONDS} s`, () => {
  let platform: PlatformProcesses;
  let observer: Observer;
  beforeAll(async () => {
    platform = await startPlatformProcesses({ HOSTING: 'appointmentJourney=pooled:16' }, 'on-postgres');
    observer = await observe(platform.stack);
  }, 300_000);
  afterAll(async () => {
    await observer?.stop();
    await platform?.stop();
  }, 60_000);

  const keys = Array.from({ length: JOURNEYS }, () => randomUUID());
  const send = async (nths: readonly number[]) => {
    const events = nths.map((nth) => {
      const key = keys[nth % JOURNEYS] ?? '';
      const about = { tenantId, aggregateId: key };
      const data = { appointmentId: key, ...at(nth) };
      return nth < JOURNEYS
        ? newEvent(AppointmentScheduled, {
            ...about,
            data: { ...data, patientId: 'p', practitionerId: 'd', durationMinutes: 30 },
          })
        : newEvent(AppointmentRescheduled, { ...about, data });
    });
    await Promise.all(events.map((event) => observer.publisher.publishRecord(encode(event))));
  };
  const memory = () => watched.map((name) => residentMib(platform.pid(name)));

  /** Sends these numbers by the clock, or as fast as Kafka takes them. Answers the most memory that was seen meanwhile. */
  const storm = async (from: number, seconds: number) => {
    let peak = memory();
    let unacknowledged = 0;
    const end = from + PER_SECOND * seconds;
    const sending: Promise<void>[] = [];
    const began = Date.now();
    for (let sent = from; sent < end || unacknowledged > 0; await pause(TICK_MS)) {
      peak = memory().map((mib, nth) => Math.max(mib, peak[nth] ?? 0));
      const due = Math.min(end, from + Math.floor(((Date.now() - began) * PER_SECOND) / 1_000));
      const first = sent;
      const now = Math.min(due - sent, UNACKNOWLEDGED - unacknowledged);
      sent += now;
      unacknowledged += now;
      const part = send(Array.from({ length: now }, (_, nth) => first + nth));
      sending.push(
        part.then(() => {
          unacknowledged -= now;
        }),
      );
    }
    await Promise.all(sending);
    const sentAfterMs = Date.now() - began;
    const left = await observer.settle({ limitMs: 900_000, quietMs: 10_000 });
    return { end, left, peak, sentAfterMs, settledAfterMs: Date.now() - began };
  };

  it('drains without a crash, lag comes back, and memory stays where a shorter storm left it', async () => {
    await send(keys.map((_, nth) => nth));
    const shorter = await storm(JOURNEYS, WARM_SECONDS);
    const pids = watched.map(platform.pid);
    const before = memory();
    const { end: total, left, ...seen } = await storm(shorter.end, SECONDS);
    await pause(10_000);
    const after = memory();
    console.log(JSON.stringify({ total, ...seen, watched, before, after }));

    expect(left).toMatchObject({ lag: 0, deadLetterLag: 0, unrelayed: 0, parkedLanes: 0 });
    expect(watched.map(platform.pid)).toEqual(pids);
    expect(await observer.store.ledger.summary()).toEqual({ records: total, delivered: total });
    const { rows } = await observer.pool.query<{ moves: number }>(
      'select sum(version)::integer as moves from millrace.streams',
    );
    expect(rows).toEqual([{ moves: total }]);
    for (const [nth, mib] of after.entries()) expect(mib).toBeLessThan((before[nth] ?? 0) + GROWTH_MIB);
  }, 1_500_000);
});
