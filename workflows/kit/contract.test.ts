import type { OrderPlaced } from '@millrace/events';
import { sagaStages, workflowContract } from './contract';
import type { Journey } from './journey';
import { runSaga } from './run-saga';
import type { WorkflowInput } from './wire';

const common = {
  target: 'some',
  taskQueue: 'test',
  transitionsTopic: 'test.transitions',
  late: 'ignore',
  startsOn: ['OrderPlaced'],
  acceptsOn: [],
} as const;
const packing = workflowContract<OrderPlaced, never, 'packed' | (typeof sagaStages)[number]>({
  ...common,
  stages: ['packed', ...sagaStages],
});
const onlyPacked = workflowContract<OrderPlaced, never, 'packed'>({ ...common, stages: ['packed'] });
const rules = { version: 1, calledOffBy: [] };
type Packing<Stage extends string> = Journey<{ at: Stage }, OrderPlaced, never, { name: string }, object>['contract'];

describe('the stages of a contract', () => {
  it('are all that its workflow can reach, or it does not compile', () => {
    // Never called: only the compiler looks at it.
    const wrong = (input: WorkflowInput) => [
      // @ts-expect-error a misspelt stage
      runSaga(packing, rules, input, ({ moveTo }) => moveTo('pakced').then(() => undefined)),
      // @ts-expect-error its saga can get stuck
      runSaga(onlyPacked, rules, input, () => Promise.resolve()),
      // @ts-expect-error a stage that the contract does not list
      onlyPacked satisfies Packing<'packed' | 'sent'>,
      // @ts-expect-error a stage that the journey does not have
      packing satisfies Packing<'packed'>,
    ];
    const right = (input: WorkflowInput) => [
      runSaga(packing, rules, input, ({ moveTo }) => moveTo('packed').then(() => undefined)),
      onlyPacked satisfies Packing<'packed'>,
    ];
    expect([wrong, right]).toHaveLength(2);
  });
});
