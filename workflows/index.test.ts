import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { appointmentJourneyContract } from './appointments/appointment-journey.contract';
import * as workflows from './index';
import { orderSagaContract } from './orders/order-saga.contract';

// The workflows' modules proxy activities when they load; outside the sandbox that is all they do.
describe('the workflow bundle', () => {
  test('has a workflow for every contract, under its target', () => {
    const targets = [appointmentJourneyContract, orderSagaContract].map(({ target }) => target);
    expect(Object.keys(workflows).sort()).toEqual(targets.sort());
  });

  test('holds no validation, no client and no other package than the SDK', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: require.resolve('./index'),
      logger: new DefaultLogger('ERROR'),
    });
    // Each module of the bundle carries the path of its source.
    const paths = code.matchAll(/\.\/(node_modules\/(?:@[\w-]+\/)?[\w-]+|[a-z]+)\/[\w./-]+\.[cm]?[jt]s/g);
    const sources = new Set([...paths].map(([, source]) => source));
    expect(sources).toContain('workflows');
    expect(sources).toContain('node_modules/@temporalio/workflow');
    for (const forbidden of ['zod', 'pg', 'kafkajs', 'uuid', 'express', '@temporalio/client', '@temporalio/activity']) {
      expect(sources).not.toContain(`node_modules/${forbidden}`);
    }
    for (const forbidden of ['events', 'kafka', 'store', 'activities', 'bridges', 'api', 'services', 'infra']) {
      expect(sources).not.toContain(forbidden);
    }
  }, 30_000);
});
