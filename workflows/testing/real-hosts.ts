import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createHostingActivities } from '../../activities/recording/hosting.activities';
import { createHostMailbox } from '../../bridges/inbound/host-mailbox';
import { temporalHostCalls } from '../../bridges/inbound/temporal-host-calls';
import { createStore } from '../../store';
import type { Store } from '../../store/store';
import { freshDatabase } from '../../store/testing';
import type { HostStatus, Recording, WireEvent } from '../kit/wire';
import { STATUS } from '../kit/wire';
import { fresh } from './events';
import { refOf } from './subject-client';
import { logger } from './time-skipping';

/** The query by which the Web UI asks any workflow about itself. */
const METADATA = '__temporal_workflow_metadata';

/** One host of counters and the way to it that the bridge takes. */
export interface TestHost {
  readonly id: string;
  /** One lane's batch; resolves when the host has it. */
  send(key: string, events: readonly WireEvent[], mayStart?: boolean): Promise<void>;
  status(): Promise<HostStatus>;
  /** What the Web UI shows as its current details. */
  details(): Promise<string>;
  /** The runs of its chain, by continue-as-new. */
  runs(): Promise<number>;
  /** How often one of them could not end, because a signal came meanwhile. */
  refusedEnds(): Promise<number>;
}

/** Workflow code and the store on real servers. */
export interface RealHosts {
  readonly client: Client;
  readonly store: Store;
  readonly taskQueue: string;
  readonly workflowBundle: Awaited<ReturnType<typeof bundleWorkflowCode>>;
  /** What the counters' effect does; `key` is its idempotency key. */
  ring: (key: string) => Promise<void>;
  host(recording?: Recording): TestHost;
  stop(): Promise<void>;
}

/** @throws without `TEMPORAL_ADDRESS` and `DATABASE_URL` */
export async function startRealHosts(): Promise<RealHosts> {
  const address = process.env['TEMPORAL_ADDRESS'];
  if (!address) throw new Error('TEMPORAL_ADDRESS is not set: run these tests through `npm test`');
  Runtime.install({ logger });
  const database = await freshDatabase();
  const store = createStore({ pool: database.pool });
  const [connection, nativeConnection] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({ connection });
  const taskQueue = `millrace-${randomUUID()}`;
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: require.resolve('./workflows'), logger });
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle,
    maxConcurrentActivityTaskExecutions: 2_000,
    activities: { ...createHostingActivities({ store }), ring: (key: string) => hosts.ring(key) },
  });
  const running = worker.run();
  const ids: string[] = [];
  const hosts: RealHosts = {
    client,
    store,
    taskQueue,
    workflowBundle,
    ring: async () => undefined,
    host(recording) {
      const id = `counterJourney/${fresh('host')}`;
      ids.push(id);
      const target = 'counterJourney';
      const mailbox = createHostMailbox(temporalHostCalls(client, { id, target, taskQueue }, { recording }));
      return {
        id,
        async send(key, events, mayStart = false) {
          const { subject, tenantId } = refOf(target, key);
          await mailbox.put({ ref: { subject, tenantId, key }, mayStart, events });
        },
        status: () => client.workflow.getHandle(id).query<HostStatus>(STATUS),
        details: async () =>
          (await client.workflow.getHandle(id).query<{ currentDetails: string }>(METADATA)).currentDetails,
        runs: async () => (await historiesOf(client, id)).length,
        refusedEnds: async () => (await historiesOf(client, id)).flat().filter(isRefusedEnd).length,
      };
    },
    async stop() {
      await Promise.all(
        ids.map((id) =>
          client.workflow
            .getHandle(id)
            .terminate()
            .catch(() => undefined),
        ),
      );
      worker.shutdown();
      await running;
      await store.close();
      await Promise.all([nativeConnection.close(), connection.close()]);
      await database.drop();
    },
  };
  return hosts;
}

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** `WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND` of Temporal's API. */
const UNHANDLED_COMMAND = 1;

const isRefusedEnd = ({ workflowTaskFailedEventAttributes: failed }: HistoryEvent): boolean =>
  failed?.cause === UNHANDLED_COMMAND;

/** Of all runs, the newest first. */
async function historiesOf(client: Client, workflowId: string): Promise<HistoryEvent[][]> {
  const histories: HistoryEvent[][] = [];
  for (let runId: string | null | undefined; ; ) {
    const { events } = await client.workflow.getHandle(workflowId, runId ?? undefined).fetchHistory();
    histories.push(events ?? []);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!runId) return histories;
  }
}
