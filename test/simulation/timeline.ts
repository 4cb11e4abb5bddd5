interface Planned {
  readonly at: number;
  /** Of two of one instant, the one planned first comes first. */
  readonly nth: number;
  readonly run: () => void;
}

const isBefore = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.nth < b.nth);

/** Milliseconds since the epoch. */
export const BEGINNING = Date.UTC(2026, 0, 1);

/** Virtual time: what was planned happens in the order of its instants, and nothing waits for a real clock. */
export class Timeline {
  /** Milliseconds since the epoch. */
  now = BEGINNING;
  steps = 0;
  private readonly heap: Planned[] = [];

  plan(ms: number, run: () => void): void {
    const { heap } = this;
    this.steps += 1;
    heap.push({ at: this.now + Math.max(0, ms), nth: this.steps, run });
    for (let index = heap.length - 1; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  /** Runs until `isDone`, nothing is planned any more, or `untilMs` has come. Answers whether it is done. */
  async run(isDone: () => boolean, untilMs: number): Promise<boolean> {
    while (!isDone()) {
      const next = this.pop();
      if (next === undefined || next.at > untilMs) return false;
      this.now = next.at;
      next.run();
      // Everything that follows without I/O or timer happens before the next thing does.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }

  private pop(): Planned | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let index = 0; ; ) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      if (left === undefined) return first;
      const child = right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
      if (!this.swapIfBefore(child, index)) return first;
      index = child;
    }
  }

  private swapIfBefore(child: number, parent: number): boolean {
    const { heap } = this;
    const [lower, upper] = [heap[child], heap[parent]];
    if (lower === undefined || upper === undefined || !isBefore(lower, upper)) return false;
    heap[child] = upper;
    heap[parent] = lower;
    return true;
  }
}
