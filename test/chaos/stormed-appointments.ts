import { randomUUID } from 'node:crypto';
import { AppointmentScheduled, type Envelope, newEvent } from '@millrace/events';
import type { Client } from '@temporalio/client';
import {
  DOMAIN_EVENTS,
  HOSTED_EVENTS,
  type HostStatus,
  type Recording,
  STATUS,
  type SubjectStatus,
} from '../../workflows/kit/wire';
import { eventually } from '../support/eventually';

const target = 'appointmentJourney';
const tenantId = 'clinic';

/** `put-away`: in a host that keeps nothing in memory. */
export type Home = 'own' | 'pooled' | 'put-away';

export interface Appointment {
  readonly subject: string;
  readonly about: { readonly tenantId: string; readonly aggregateId: string };
  /** In the order of their signals. */
  readonly sent: Envelope[];
}

/** Appointments at the server, and a way to them past the bridge: one signal per event. */
export interface StormedAppointments {
  readonly all: readonly Appointment[];
  signal(appointment: Appointment, event: Envelope): Promise<void>;
  /** After the last event of each: what the server says of where they ran. */
  ended(): Promise<HostStatus | SubjectStatus>;
  stop(): Promise<void>;
}

interface Wanted {
  readonly home: Home;
  readonly recording: Recording;
  readonly taskQueue: string;
  /** The time of each. */
  readonly soon: () => { readonly startsAtLocal: string; readonly timeZone: string };
}

export const startAppointments = (client: Client, wanted: Wanted): Promise<StormedAppointments> =>
  wanted.home === 'own' ? startOwn(client, wanted) : startPooled(client, wanted, wanted.home);

function schedule({ soon }: Wanted): Appointment & { readonly key: string } {
  const key = randomUUID();
  const about = { tenantId, aggregateId: key };
  const data = { appointmentId: key, patientId: 'p', practitionerId: 'd', durationMinutes: 30, ...soon() };
  const sent = [newEvent(AppointmentScheduled, { ...about, data })];
  return { subject: `${target}/${tenantId}/${key}`, key, about, sent };
}

async function startOwn(client: Client, wanted: Wanted): Promise<StormedAppointments> {
  const one = schedule(wanted);
  const { subject, key } = one;
  const { recording, taskQueue } = wanted;
  const handle = await client.workflow.signalWithStart(target, {
    workflowId: subject,
    taskQueue,
    args: [{ subject, target, tenantId, key, recording }],
    signal: DOMAIN_EVENTS,
    signalArgs: [one.sent],
  });
  return {
    all: [one],
    async signal({ sent }, event) {
      sent.push(event);
      await handle.signal(DOMAIN_EVENTS, [event]);
    },
    async ended() {
      expect(await handle.result()).toBe('attended');
      return handle.query<SubjectStatus>(STATUS);
    },
    stop: async () => undefined,
  };
}

/** Two in one host, so that what happens to one could harm the other. */
async function startPooled(client: Client, wanted: Wanted, home: 'pooled' | 'put-away'): Promise<StormedAppointments> {
  const { recording, taskQueue } = wanted;
  const all = [schedule(wanted), schedule(wanted)];
  const host = `${target}/${randomUUID()}`;
  const batch = ({ subject, about }: Appointment, mayStart: boolean, events: readonly Envelope[]) => ({
    ref: { subject, tenantId, key: about.aggregateId },
    mayStart,
    events,
  });
  const handle = await client.workflow.signalWithStart(home === 'pooled' ? target : 'forgetfulAppointmentJourney', {
    workflowId: host,
    taskQueue,
    args: [{ host, target, recording }],
    signal: HOSTED_EVENTS,
    signalArgs: [all.map((one) => batch(one, true, one.sent))],
  });
  return {
    all,
    async signal(one, event) {
      one.sent.push(event);
      await handle.signal(HOSTED_EVENTS, [batch(one, false, [event])]);
    },
    ended: () =>
      eventually('the host holds nothing', async () => {
        const status = await handle.query<HostStatus>(STATUS);
        return status.held + status.waiting === 0 && status;
      }),
    stop: async () => void (await handle.terminate()),
  };
}
