import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../../activities';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { connecting, openKafka, openPublisher, openStore, temporalAddress } from './clients';
import type { ProcessContext } from './process';
import { withoutPromiseStacks } from './workflow-threads';

/** Starts a worker for all workflows and activities of the platform. */
export async function startWorker(context: ProcessContext): Promise<void> {
  const { config, closing, fail } = context;
  const store = openStore(context, 'worker');
  const publisher = await openPublisher(context, openKafka(context, 'worker'), 'worker');
  const connection = await connecting(context, NativeConnection.connect(temporalAddress(config)));
  closing.add('worker: temporal', () => connection.close());
  const options: WorkerOptions = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: orderSagaContract.taskQueue,
    workflowsPath: require.resolve('../../workflows'),
    activities: createActivities({
      store,
      orders: {
        inventoryUrl: config.INVENTORY_URL,
        paymentsUrl: config.PAYMENTS_URL,
        shippingUrl: config.SHIPPING_URL,
        policy: { paymentDeadlineMs: config.ORDER_PAYMENT_DEADLINE_MS },
      },
      appointments: {
        policy: {
          reminderBeforeMs: config.APPOINTMENT_REMINDER_BEFORE_MS,
          missedAfterMs: config.APPOINTMENT_MISSED_AFTER_MS,
          followUpAfterMs: config.APPOINTMENT_FOLLOW_UP_AFTER_MS,
        },
        publish: (event, { traceparent }) =>
          publisher.publishEvent(event, traceparent === undefined ? {} : { traceparent }),
      },
    }),
    // Effects wait for others most of their time; however many hang, recording finds a slot.
    maxConcurrentActivityTaskExecutions: 2_000,
    shutdownGraceTime: '10s',
  };
  const create = () => Worker.create(options);
  const worker = await (config.WORKFLOW_STACK_TRACES === 'on' ? create() : withoutPromiseStacks(create));
  const running = worker.run();
  running.catch(fail);
  closing.add('worker', async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
}
