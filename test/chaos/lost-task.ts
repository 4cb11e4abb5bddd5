import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppointmentAttended, AppointmentRescheduled, newEvent } from '@millrace/events';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode } from '@temporalio/worker';
import { Pool } from 'pg';
import { createClosing } from '../../infra/processes/closing';
import { startStack } from '../../infra/stack';
import { createStore, migrate } from '../../store';
import type { Store } from '../../store/store';
import type { Recording } from '../../workflows/kit/wire';
import { eventually } from '../support/eventually';
import { seeded } from '../support/random';
import { type Appointment, type Home, type StormedAppointments, startAppointments } from './stormed-appointments';

export interface Servers {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  /** A file. */
  readonly workflowBundle: string;
  stop(): Promise<void>;
}

/** More than the server buffers while a workflow task runs: it fails the task then. */
const SIGNALS = 160;
/** Then the storm goes on, ever slower: sooner or later a deadline passes between single events. */
const PAUSE_MS = { first: 150, more: 15 };
/** Long after a slow machine would have done it. */
const PATIENCE_MS = 120_000;

export async function startServers(): Promise<Servers> {
  const closing = createClosing();
  try {
    const stack = await startStack({
      dataDir: 'temporary',
      parts: ['temporal', 'postgres'],
      onProgress: () => undefined,
    });
    closing.add('servers', () => stack.stop());
    const { databaseUrl, temporalAddress } = stack;
    await migrate(databaseUrl);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bundle-'));
    closing.add('bundle', () => rm(folder, { recursive: true, force: true }));
    const workflowBundle = join(folder, 'workflows.js');
    const { code } = await bundleWorkflowCode({ workflowsPath: require.resolve('../support/chaos-workflows') });
    await writeFile(workflowBundle, code);
    return { databaseUrl, temporalAddress, workflowBundle, stop: () => closing.close() };
  } catch (failure) {
    await closing.close().catch(() => undefined);
    throw failure;
  }
}

const pause = (ms: number) => new Promise<void>((next) => setTimeout(next, ms));

/** Workers one after the other. */
function workersOn({ temporalAddress, databaseUrl, workflowBundle }: Servers, taskQueue: string) {
  let worker: ChildProcess | undefined;
  const hasEnded = () => worker === undefined || worker.exitCode !== null || worker.signalCode !== null;
  return {
    hasEnded,
    start(settings: Readonly<Record<string, string>>): void {
      worker = spawn(process.execPath, [join(__dirname, '../../dist/test/support/dying-worker.js')], {
        env: {
          ...process.env,
          TEMPORAL_ADDRESS: temporalAddress,
          DATABASE_URL: databaseUrl,
          WORKFLOW_BUNDLE: workflowBundle,
          TASK_QUEUE: taskQueue,
          ...settings,
        },
        stdio: ['ignore', 'ignore', process.env['SHOW_WORKERS'] ? 'inherit' : 'ignore'],
      });
    },
    async stop(): Promise<void> {
      worker?.kill('SIGKILL');
      await eventually('the worker is gone', async () => hasEnded());
    },
  };
}

/**
 * Appointments whose reminders fall due again and again while they are rescheduled by signals that go past the bridge, one event
 * each, while the worker dies between the store's commit and the completion of the task: every other time after it has recorded
 * a deadline. Answers what the store and the workflow say.
 */
export async function loseTasks(
  servers: Servers,
  { home, recording, seed, deaths }: { home: Home; recording: Recording; seed: number; deaths: number },
) {
  const random = seeded(seed);
  const taskQueue = randomUUID();
  const closing = createClosing();
  try {
    const pool = new Pool({ connectionString: servers.databaseUrl, max: 4 });
    closing.add('pool', () => pool.end());
    const store = createStore({ pool });
    closing.add('store', () => store.close());
    const connection = await Connection.connect({ address: servers.temporalAddress });
    closing.add('connection', () => connection.close());
    /** Every other reminder is due at once, the rest in a moment: it races the next event. */
    const soon = () => {
      const startsAt = Date.now() + (random() < 0.5 ? -1_000 : 400 + random() * 1_500);
      return { startsAtLocal: new Date(startsAt).toISOString().slice(0, 19), timeZone: 'UTC' };
    };
    const appointments = await startAppointments(new Client({ connection }), { home, recording, taskQueue, soon });
    closing.add('appointments', () => appointments.stop());
    const workers = workersOn(servers, taskQueue);
    closing.add('worker', () => workers.stop());

    const storm = startStorm(appointments, random, soon);
    closing.add('storm', () => storm.stop());
    for (let death = 0; death < deaths; death += 1) {
      const appends = String(2 + Math.floor(random() * 4));
      workers.start(death % 2 === 0 ? { DIE_AFTER_APPENDS: appends } : { DIE_AFTER_DEADLINES: '1' });
      await eventually(`death ${death + 1}`, async () => workers.hasEnded(), PATIENCE_MS);
    }
    workers.start({});
    const reminders = async () => (await remindersOf(store, appointments.all)).length;
    const before = await reminders();
    await eventually('a reminder after the last death', async () => (await reminders()) > before, PATIENCE_MS);
    await storm.stop();
    for (const one of appointments.all)
      await appointments.signal(
        one,
        newEvent(AppointmentAttended, { ...one.about, data: { appointmentId: one.about.aggregateId } }),
      );
    const journeys = await Promise.all(appointments.all.map((one) => closedJourney(store, one)));
    return { journeys, status: await appointments.ended() };
  } finally {
    await closing.close();
  }
}

/** Reschedules one after the other, until it is stopped. */
function startStorm({ all, signal }: StormedAppointments, random: () => number, soon: () => object) {
  let storming = true;
  const over = (async () => {
    for (let count = 0; count < SIGNALS || storming; count += 1) {
      const one = all[Math.floor(random() * all.length)];
      if (one === undefined) throw new Error('no appointment');
      const data = { appointmentId: one.about.aggregateId, ...soon() } as AppointmentRescheduled['data'];
      await signal(one, newEvent(AppointmentRescheduled, { ...one.about, data }));
      if (count >= SIGNALS) await pause(PAUSE_MS.first + (count - SIGNALS) * PAUSE_MS.more);
    }
  })();
  return {
    stop(): Promise<void> {
      storming = false;
      return over;
    },
  };
}

const transitionsOf = (store: Store, { subject }: Appointment) => store.streams.transitions(subject, 0, 10_000);

const remindersOf = async (store: Store, all: readonly Appointment[]) =>
  (await Promise.all(all.map((one) => transitionsOf(store, one)))).flat().filter(({ to }) => to === 'reminded');

async function closedJourney(store: Store, one: Appointment) {
  const { subject, sent } = one;
  const row = await eventually(
    `${subject} is closed`,
    async () => {
      const found = await store.streams.get(subject);
      return found?.status === 'closed' && found;
    },
    PATIENCE_MS,
  );
  const ids = sent.map(({ eventId }) => eventId);
  const verdicts = await store.streams.verdicts(subject, ids);
  return { row, ids, verdicts, transitions: await transitionsOf(store, one) };
}

/** Stream and workflow agree, every event was applied once, in the order of its signal, and deadlines came in between. */
export function expectOneStory({ journeys, status }: Awaited<ReturnType<typeof loseTasks>>): void {
  for (const { row, ids, verdicts, transitions } of journeys) {
    expect(transitions.map(({ version }) => version)).toEqual(transitions.map((_, index) => index + 1));
    expect({ version: row.version, stage: row.stage }).toEqual({ version: transitions.length, stage: 'attended' });
    expect(verdicts).toEqual(ids.map(() => 'duplicate'));
    expect(transitions.flatMap(({ causes }) => causes)).toEqual(ids);
    if (!('host' in status)) expect(status).toMatchObject({ version: row.version, stage: row.stage });
  }
  if ('host' in status) expect(status).toHaveProperty('stages', {});
  const reminders = journeys.flatMap(({ transitions }) => transitions.filter(({ to }) => to === 'reminded'));
  expect(reminders.length).toBeGreaterThan(0);
}
