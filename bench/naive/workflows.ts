import type { Envelope } from '@millrace/events';
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { TransitionActivities } from './activities';

const { insertTransition } = proxyActivities<TransitionActivities>({ startToCloseTimeout: '30 seconds' });

const stageAfter: Readonly<Record<string, string>> = {
  AppointmentScheduled: 'scheduled',
  AppointmentConfirmed: 'confirmed',
  AppointmentRescheduled: 'scheduled',
  AppointmentAttended: 'attended',
};

/** An appointment as a first version is written: a signal per event, an activity per move. */
export async function naiveAppointment(tenantId: string): Promise<void> {
  const waiting: Envelope[] = [];
  setHandler(defineSignal<[Envelope]>('event'), (event) => void waiting.push(event));
  let stage: string | null = null;
  while (stage !== 'attended') {
    await condition(() => waiting.length > 0);
    const event = waiting.shift();
    if (event === undefined) continue;
    const to: string = stageAfter[event.eventType] ?? 'unknown';
    await insertTransition({ tenantId, eventId: event.eventId, key: event.aggregateId, from: stage, to });
    stage = to;
  }
}
