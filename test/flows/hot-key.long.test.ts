import { randomUUID } from 'node:crypto';
import { AppointmentRescheduled, AppointmentScheduled, type Envelope, newEvent } from '@millrace/events';
import { Client, Connection } from '@temporalio/client';
import { type Observer, observe } from '../../infra/reconcile/observer';
import { eventually } from '../support/eventually';
import { type PlatformProcesses, startPlatformProcesses } from '../support/platform-processes';

const PER_SECOND = 500;
const SECONDS = Number(process.env['HOT_KEY_SECONDS'] ?? 60);
const EVERY_MS = 20;
/** Each so many events, one comes a second time, at another offset. */
const REPEATED = 100;

const tenantId = 'clinic';
const at = (nth: number) => ({
  startsAtLocal: `2031-03-02T${String(nth % 24).padStart(2, '0')}:00:00`,
  timeZone: 'UTC',
});

/** Sends in the order of the numbers, by the clock and not by what is taken. Answers the events, once each. */
async function stream({ publisher }: Observer, key: string): Promise<Envelope[]> {
  const about = { tenantId, aggregateId: key };
  const data = { appointmentId: key, patientId: 'p', practitionerId: 'd', durationMinutes: 30 };
  const sent: Envelope[] = [newEvent(AppointmentScheduled, { ...about, data: { ...data, ...at(0) } })];
  const acknowledged: Promise<unknown>[] = sent.map((event) => publisher.publishEvent(event));
  const began = Date.now();
  while (sent.length <= PER_SECOND * SECONDS) {
    const due = Math.min(PER_SECOND * SECONDS + 1, Math.floor(((Date.now() - began) * PER_SECOND) / 1_000));
    while (sent.length < due) {
      const event = newEvent(AppointmentRescheduled, { ...about, data: { appointmentId: key, ...at(sent.length) } });
      sent.push(event);
      acknowledged.push(publisher.publishEvent(event));
      const again = sent[sent.length - 50];
      if (sent.length % REPEATED === 0 && again !== undefined) acknowledged.push(publisher.publishEvent(again));
    }
    await new Promise((next) => setTimeout(next, EVERY_MS));
  }
  await Promise.all(acknowledged);
  return sent;
}

describe.each(['own', 'pooled:2'])('500 events a second to one key for a minute, %s', (hosting) => {
  let platform: PlatformProcesses;
  let observer: Observer;
  beforeAll(async () => {
    platform = await startPlatformProcesses({ HOSTING: `appointmentJourney=${hosting}` }, 'on-postgres');
    observer = await observe(platform.stack);
  }, 300_000);
  afterAll(async () => {
    await observer?.stop();
    await platform?.stop();
  }, 60_000);

  it('arrive once and in order, over several continue-as-new', async () => {
    const key = randomUUID();
    const subject = `appointmentJourney/${tenantId}/${key}`;
    const sent = await stream(observer, key);
    const wanted = new Set(sent.map(({ eventId }) => eventId)).size;
    await eventually(
      'all events are recorded',
      async () => ((await observer.store.streams.get(subject))?.version ?? 0) >= wanted,
      300_000,
    );
    const transitions = await observer.store.streams.transitions(subject, 0, wanted + 1_000);
    expect(transitions.flatMap(({ causes }) => causes)).toEqual(sent.map(({ eventId }) => eventId));
    expect(
      await runsOf(platform.stack.temporalAddress, hosting === 'own' ? subject : 'appointmentJourney/host-'),
    ).toBeGreaterThanOrEqual(3);
    const left = await observer.settle({ limitMs: 120_000, quietMs: 8_000 });
    expect(left).toMatchObject({ lag: 0, deadLetterLag: 0, unrelayed: 0, parkedLanes: 0 });
    expect((await observer.store.deadLetters.list({}, { limit: 1 })).items).toEqual([]);
  }, 900_000);
});

/** Runs of the busiest workflow whose id begins so: one more than it continued as new. */
async function runsOf(address: string, prefix: string): Promise<number> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const runs = new Map<string, number>();
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowId STARTS_WITH "${prefix}"` }))
      runs.set(workflowId, (runs.get(workflowId) ?? 0) + 1);
    return Math.max(0, ...runs.values());
  } finally {
    await connection.close();
  }
}
