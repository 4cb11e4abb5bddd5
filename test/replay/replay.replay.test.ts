import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { endings } from './endings';
import { hostScenes } from './hosts';

const folder = join(__dirname, 'histories');
const logger = new DefaultLogger('ERROR');
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
const historyText = (name: string): string => readFileSync(join(folder, `${name}.json`), 'utf8');

let workflowBundle: WorkflowBundleWithSourceMap;
beforeAll(async () => {
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'OFF' } } });
  const workflowsPath = require.resolve('../../workflows');
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
}, 60_000);

/** Names of the histories that do not replay, with what went wrong. */
async function failing(histories: { workflowId: string; history: unknown }[]): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) failures[workflowId] = error.message;
  }
  return failures;
}

describe('recorded histories', () => {
  test('stand for every ending', () => {
    expect(names).toEqual(expect.arrayContaining([...endings, ...hostScenes].map(({ name }) => name)));
  });

  test('replay with the workflow code of today', async () => {
    const histories = names.map((name) => ({ workflowId: name, history: JSON.parse(historyText(name)) }));
    expect(await failing(histories)).toEqual({});
  }, 120_000);

  test('do not replay when the workflow code would have done something else', async () => {
    const other = historyText('order-completed').replaceAll('"bookShipment"', '"bookDrone"');
    const failures = await failing([{ workflowId: 'order-completed', history: JSON.parse(other) }]);
    expect(failures['order-completed']).toMatch(/bookShipment|Nondeterminism/);
  }, 60_000);
});
