import type { Envelope } from '@millrace/events';
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { WorkflowInput } from '../../workflows/kit/wire';
import type { BatchActivities } from './activities';

const { insertBatch } = proxyLocalActivities<BatchActivities>({ startToCloseTimeout: '30 seconds' });

/** Takes events and does nothing with them. */
export const bareSink = (): Promise<void> => sink(async () => undefined);

/** Records each batch of events by one activity. */
export const bareRecorder = ({ tenantId }: WorkflowInput): Promise<void> =>
  sink((events) =>
    insertBatch(
      tenantId,
      events.map(({ eventId, aggregateId, eventType }) => ({ eventId, key: aggregateId, to: eventType })),
    ),
  );

async function sink(record: (events: readonly Envelope[]) => Promise<void>): Promise<void> {
  let waiting: Envelope[] = [];
  let taken = 0;
  setHandler(defineSignal<[readonly Envelope[]]>('domainEvents'), (events) => {
    waiting.push(...events);
  });
  setHandler(defineUpdate<number>('inboxBarrier'), () => waiting.length);
  setHandler(defineQuery<number>('taken'), () => taken);
  for (;;) {
    await condition(() => waiting.length > 0);
    const batch = waiting;
    waiting = [];
    await record(batch);
    taken += batch.length;
  }
}
