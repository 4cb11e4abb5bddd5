import type { Envelope } from '@millrace/events';
import { CancellationScope } from '@temporalio/workflow';
import type { SagaStage, WorkflowContract } from './contract';
import { isFailure } from './failures';
import { type SagaEnd, type SagaRules, type SagaRun, SagaShell } from './saga-shell';
import { ForeignChain } from './subject';
import type { WorkflowInput } from './wire';

export type { Move, SagaEnd, SagaRules, SagaRun } from './saga-shell';

/**
 * Runs a saga's body; when it fails, takes its steps back, and stays open as `stuck` while a step cannot be.
 * A plain error is a bug of ours or a conflict: the task waits for the fix, the customer keeps the order.
 */
export async function runSaga<Start extends Envelope, Accepts extends Envelope, Stage extends string>(
  contract: WorkflowContract<Start, Accepts, Stage | SagaStage>,
  rules: SagaRules,
  input: WorkflowInput,
  body: (run: SagaRun<Start, Accepts, Stage>) => Promise<void>,
): Promise<SagaEnd | 'foreign'> {
  const shell = new SagaShell(contract, rules, input);
  try {
    const run = await shell.begin();
    try {
      await body(run);
    } catch (failure) {
      if (!isFailure(failure)) throw failure;
      return await CancellationScope.nonCancellable(() => shell.takeBack(failure));
    }
    return await CancellationScope.nonCancellable(() => shell.close('completed'));
  } catch (error) {
    if (!(error instanceof ForeignChain)) throw error;
    return await CancellationScope.nonCancellable(() => shell.leave());
  }
}
