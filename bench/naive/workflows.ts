import type { Envelope } from '@millrace/events';
import { condition, defineSignal, proxyActivities, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import { stageAfter } from '../recorded/stage-after';
import type { MoveActivities } from './activities';

const startToCloseTimeout = '30 seconds';
const { insertMove } = proxyActivities<MoveActivities>({ startToCloseTimeout });
const { insertMove: insertMoveLocally } = proxyLocalActivities<MoveActivities>({ startToCloseTimeout });

/** An appointment as a first version is written: a signal per event, an activity per move. */
export const naiveAppointment = (tenantId: string): Promise<void> => appointment(tenantId, insertMove);

/** As a second version is written: the activity is a local one. */
export const naiveAppointmentLocal = (tenantId: string): Promise<void> => appointment(tenantId, insertMoveLocally);

async function appointment(tenantId: string, record: MoveActivities['insertMove']): Promise<void> {
  const waiting: Envelope[] = [];
  setHandler(defineSignal<[Envelope]>('event'), (event) => void waiting.push(event));
  let stage: string | null = null;
  while (stage !== 'attended') {
    await condition(() => waiting.length > 0);
    const event = waiting.shift();
    if (event === undefined) continue;
    const to = stageAfter(event.eventType);
    await record({ tenantId, eventId: event.eventId, key: event.aggregateId, from: stage, to });
    stage = to;
  }
}
