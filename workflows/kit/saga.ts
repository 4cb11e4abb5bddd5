import { CancellationScope } from '@temporalio/workflow';
import { isFailure } from './failures';
import { type NotUndone, UndoList } from './undo-list';

/** Steps that can be taken back. Undo runs last-first, always to the end, even when the workflow was cancelled. */
export class Saga {
  private readonly undos = new UndoList();

  /** @param throwIfCalledOff throws the failure of a cancellation that waits in the inbox */
  constructor(
    private readonly subject: string,
    private readonly throwIfCalledOff: () => void,
  ) {}

  /** Steps that were begun and not taken back, oldest first. */
  get taken(): string[] {
    return this.undos.steps;
  }

  /**
   * The undo is registered before the step runs: a step that timed out may have succeeded. Step and undo get the same
   * key, `<subject>/<step>`, under which a service answers the same again and refuses a step that lands after its undo.
   * @throws what `run` throws, and the failure of a customer who cancelled before it or meanwhile
   */
  async step<T>(step: string, run: (key: string) => Promise<T>, undo: (key: string) => Promise<void>): Promise<T> {
    this.throwIfCalledOff();
    const key = `${this.subject}/${step}`;
    this.undos.register({ step, undo: () => undo(key) });
    const result = await run(key);
    this.throwIfCalledOff();
    return result;
  }

  /** The steps that remain to be taken back, with what their undo failed; empty means that all was. */
  undoAll(): Promise<NotUndone[]> {
    return CancellationScope.nonCancellable(() => this.undos.run(isFailure));
  }
}
