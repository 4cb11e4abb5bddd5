import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  AppointmentAttended,
  AppointmentRescheduled,
  AppointmentScheduled,
  type Envelope,
  newEvent,
} from '@millrace/events';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { createStore } from '../../store';
import { DOMAIN_EVENTS, type Recording, STATUS, type SubjectStatus } from '../../workflows/kit/wire';
import { seeded } from '../support/random';

interface Servers {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
}

/** More than the server buffers while a workflow task runs: it fails the task then. */
const SIGNALS = 160;
/** After the last death the storm goes on, ever slower, for a while and until a deadline has passed between single events. */
const CALM_MS = 4_000;
const CALM_AT_MOST_MS = 90_000;
const CALM_PAUSE_MS = { first: 150, more: 15 };

function startWorker({ temporalAddress, databaseUrl }: Servers, dieAfterAppends: number): ChildProcess {
  return spawn(process.execPath, [join(__dirname, '../../dist/test/support/dying-worker.js')], {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: temporalAddress,
      DATABASE_URL: databaseUrl,
      DIE_AFTER_APPENDS: String(dieAfterAppends),
    },
    stdio: ['ignore', 'ignore', process.env['SHOW_WORKERS'] ? 'inherit' : 'ignore'],
  });
}

const pause = (ms: number) => new Promise<void>((next) => setTimeout(next, ms));
const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));

/**
 * One appointment, whose reminder falls due again and again while it is rescheduled by signals that go past the bridge, one event
 * each, while the worker dies between the store's commit and the completion of the task. Answers what the store and the workflow say.
 */
export async function loseTasks(servers: Servers, recording: Recording, wanted: { seed: number; deaths: number }) {
  const random = seeded(wanted.seed);
  const pool = new Pool({ connectionString: servers.databaseUrl, max: 4 });
  const store = createStore({ pool });
  const connection = await Connection.connect({ address: servers.temporalAddress });
  const client = new Client({ connection });
  const [tenantId, key] = ['clinic', randomUUID()];
  const subject = `appointmentJourney/${tenantId}/${key}`;
  const about = { tenantId, aggregateId: key };
  /** Every other reminder is due at once, the rest in a moment: it races the next event. */
  const soon = () => {
    const startsAt = Date.now() + (random() < 0.5 ? -1_000 : 400 + random() * 1_500);
    return { startsAtLocal: new Date(startsAt).toISOString().slice(0, 19), timeZone: 'UTC' };
  };
  const scheduled = newEvent(AppointmentScheduled, {
    ...about,
    data: { appointmentId: key, patientId: 'p', practitionerId: 'd', durationMinutes: 30, ...soon() },
  });
  const input = { subject, target: 'appointmentJourney', tenantId, key, recording };
  const handle = await client.workflow.signalWithStart('appointmentJourney', {
    workflowId: subject,
    taskQueue: 'millrace',
    args: [input],
    signal: DOMAIN_EVENTS,
    signalArgs: [[scheduled]],
  });
  const sent: Envelope[] = [scheduled];
  const signal = async (event: Envelope) => {
    sent.push(event);
    await handle.signal(DOMAIN_EVENTS, [event]);
  };
  let deaths = 0;
  let worker = startWorker(servers, 0);
  worker.kill('SIGKILL');
  await ended(worker);
  const dying = (async () => {
    while (deaths < wanted.deaths) {
      worker = startWorker(servers, 2 + Math.floor(random() * 4));
      await ended(worker);
      deaths += 1;
    }
    worker = startWorker(servers, 0);
  })();
  let storming = true;
  const storm = (async () => {
    for (let count = 0; count < SIGNALS || storming; count += 1) {
      await signal(newEvent(AppointmentRescheduled, { ...about, data: { appointmentId: key, ...soon() } }));
      if (count >= SIGNALS) await pause(CALM_PAUSE_MS.first + (count - SIGNALS) * CALM_PAUSE_MS.more);
    }
  })();
  const reminders = async () =>
    (await store.streams.transitions(subject, 0, 10_000)).filter(({ to }) => to === 'reminded').length;
  try {
    await dying;
    const before = await reminders();
    const since = Date.now();
    do await pause(CALM_MS);
    while ((await reminders()) === before && Date.now() - since < CALM_AT_MOST_MS);
    storming = false;
    await storm;
    await signal(newEvent(AppointmentAttended, { ...about, data: { appointmentId: key } }));
    const result = await handle.result();
    const status = await handle.query<SubjectStatus>(STATUS);
    const verdicts = await store.streams.verdicts(
      subject,
      sent.map(({ eventId }) => eventId),
    );
    return {
      result,
      status,
      deaths,
      sent,
      verdicts,
      row: await store.streams.get(subject),
      transitions: await store.streams.transitions(subject, 0, 10_000),
    };
  } finally {
    worker.kill('SIGKILL');
    await ended(worker);
    await store.close();
    await pool.end();
    await connection.close();
  }
}

/** Stream and workflow agree, every event was applied once, in the order of its signal, and deadlines came in between. */
export function expectOneStory({
  result,
  status,
  sent,
  verdicts,
  row,
  transitions,
}: Awaited<ReturnType<typeof loseTasks>>): void {
  expect(result).toBe('attended');
  expect(transitions.map(({ version }) => version)).toEqual(transitions.map((_, index) => index + 1));
  expect({ version: row?.version, stage: row?.stage }).toEqual({ version: status.version, stage: status.stage });
  expect(verdicts).toEqual(sent.map(() => 'duplicate'));
  expect(transitions.flatMap(({ causes }) => causes)).toEqual(sent.map(({ eventId }) => eventId));
  expect(transitions.filter(({ to }) => to === 'reminded').length).toBeGreaterThan(0);
}
