import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { HostingActivities } from '../../activities/recording/hosting.activities';
import type { RecordingActivities } from '../../activities/recording/recording.activities';
import { HOSTED_EVENTS, type HostInput, type LaneBatch, type Recording, type WireEvent } from '../kit/wire';
import { MemoryHosting } from './memory-hosting';
import { MemoryNotifications } from './memory-notifications';
import { MemoryServices } from './memory-services';
import { MemoryStore } from './memory-store';
import { startSubject, type TestSubject } from './subject-client';

const SEARCH_ATTRIBUTES = ['TenantId', 'AggregateId', 'CorrelationId', 'Target', 'Stage'];
/** temporal.api.enums.v1.IndexedValueType */
const KEYWORD = 2;

export const logger = new DefaultLogger('ERROR');

/** Workflow code on Temporal's time-skipping server, the rest in memory. */
export interface TimeSkipping {
  readonly env: TestWorkflowEnvironment;
  readonly store: MemoryStore;
  readonly services: MemoryServices;
  readonly notifications: MemoryNotifications;
  start(target: string, key: string, events: WireEvent[], recording?: Recording): Promise<TestSubject>;
  /** Starts a host, or signals the one that runs. */
  host(input: HostInput, batches: readonly LaneBatch[]): Promise<WorkflowHandle>;
  stop(): Promise<void>;
}

/** @throws without `TIME_SKIPPING_SERVER`, the path of the server's executable */
export async function startTimeSkipping(): Promise<TimeSkipping> {
  const path = process.env['TIME_SKIPPING_SERVER'];
  if (!path) throw new Error('TIME_SKIPPING_SERVER is not set: run these tests through `npm test`');
  Runtime.install({ logger });
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
  const [store, services, notifications] = [new MemoryStore(), new MemoryServices(), new MemoryNotifications()];
  const taskQueue = `millrace-${randomUUID()}`;
  const worker = await Worker.create({
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath: require.resolve('./workflows'), logger }),
    activities: activitiesOf(store, services, notifications),
  });
  const running = worker.run();
  return {
    env,
    store,
    services,
    notifications,
    start: (target, key, events, recording) =>
      startSubject(env.client, { target, key, taskQueue, ...(recording && { recording }) }, events),
    host: async (input, batches) => {
      await env.client.workflow.signalWithStart(input.target, {
        workflowId: input.host,
        taskQueue,
        args: [input],
        signal: HOSTED_EVENTS,
        signalArgs: [batches],
      });
      return env.client.workflow.getHandle(input.host);
    },
    stop: async () => {
      worker.shutdown();
      await running;
      await env.teardown();
    },
  };
}

export const activitiesOf = (
  store: RecordingActivities,
  services: MemoryServices,
  notifications: MemoryNotifications,
): object => ({
  ...(store instanceof MemoryStore ? hostingOf(store) : {}),
  recordTransitions: store.recordTransitions,
  settleForeign: store.settleForeign,
  orderPolicy: services.orderPolicy,
  reserveStock: services.reserveStock,
  releaseStock: services.releaseStock,
  requestPayment: services.requestPayment,
  voidPayment: services.voidPayment,
  bookShipment: services.bookShipment,
  cancelShipment: services.cancelShipment,
  appointmentPolicy: notifications.appointmentPolicy,
  requestNotification: notifications.requestNotification,
});

function hostingOf(store: MemoryStore): HostingActivities {
  const hosting = new MemoryHosting(store);
  return {
    openHost: hosting.openHost,
    recordHosted: hosting.recordHosted,
    loadHosted: hosting.loadHosted,
    dueOfHost: hosting.dueOfHost,
    settleHosted: hosting.settleHosted,
    putAwayEffects: hosting.putAwayEffects,
    effectsOfHost: hosting.effectsOfHost,
    forgetEffects: hosting.forgetEffects,
  };
}
