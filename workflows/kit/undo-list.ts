export interface Undo {
  readonly step: string;
  readonly undo: () => Promise<void>;
}

/** A step whose undo failed, and with what. */
export interface NotUndone {
  readonly step: string;
  readonly failure: unknown;
}

/** Steps that can be taken back, in the order in which they were begun. Pure bookkeeping. */
export class UndoList {
  private undos: Undo[] = [];

  get steps(): string[] {
    return this.undos.map(({ step }) => step);
  }

  register(undo: Undo): void {
    if (this.steps.includes(undo.step)) throw new Error(`Step ${undo.step} is registered twice`);
    this.undos.push(undo);
  }

  /**
   * Runs what is registered, last first, each to its end. Keeps those whose undo failed in a way that `failed`
   * recognises and answers them, oldest first; any other error is a bug and goes up.
   */
  async run(failed: (error: unknown) => boolean): Promise<NotUndone[]> {
    const left: NotUndone[] = [];
    for (const undo of [...this.undos].reverse()) {
      try {
        await undo.undo();
        this.undos = this.undos.filter(({ step }) => step !== undo.step);
      } catch (failure) {
        if (!failed(failure)) throw failure;
        left.unshift({ step: undo.step, failure });
      }
    }
    return left;
  }
}
