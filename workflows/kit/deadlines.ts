interface Entry {
  readonly atMs: number;
  readonly subject: string;
}

/** Stale entries that the heap may keep beside each valid one. */
const SLACK = 64;

/** The next instant of each of many subjects, the earliest first. Pure. Milliseconds since the epoch. */
export class Deadlines {
  private readonly of = new Map<string, number>();
  /** A binary heap; an entry that `of` does not confirm is stale. */
  private heap: Entry[] = [];

  get size(): number {
    return this.of.size;
  }

  get(subject: string): number | undefined {
    return this.of.get(subject);
  }

  /** Infinity: it has none. */
  set(subject: string, atMs: number): void {
    if (this.of.get(subject) === atMs) return;
    if (atMs === Number.POSITIVE_INFINITY) {
      this.of.delete(subject);
      return;
    }
    this.of.set(subject, atMs);
    this.push({ atMs, subject });
    if (this.heap.length > 2 * this.of.size + SLACK) this.compact();
  }

  /** The earliest instant; infinity if there is none. */
  next(): number {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined) return Number.POSITIVE_INFINITY;
      if (this.of.get(top.subject) === top.atMs) return top.atMs;
      this.pop();
    }
  }

  /** Takes out at most `limit` subjects whose instant has come, the earliest first. */
  takeDue(nowMs: number, limit: number): string[] {
    const due: string[] = [];
    while (due.length < limit && this.next() <= nowMs) {
      const top = this.pop();
      if (top === undefined) break;
      this.of.delete(top.subject);
      due.push(top.subject);
    }
    return due;
  }

  private compact(): void {
    this.heap = [...this.of].map(([subject, atMs]) => ({ atMs, subject })).sort((a, b) => a.atMs - b.atMs);
  }

  private push(entry: Entry): void {
    let at = this.heap.length;
    this.heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || above.atMs <= entry.atMs) break;
      this.heap[at] = above;
      at = parent;
    }
    this.heap[at] = entry;
  }

  private pop(): Entry | undefined {
    const top = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) this.sink(last);
    return top;
  }

  private sink(entry: Entry): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.earlier(left, left + 1);
      const below = this.heap[child];
      if (below === undefined || below.atMs >= entry.atMs) break;
      this.heap[at] = below;
      at = child;
    }
    this.heap[at] = entry;
  }

  private earlier(left: number, right: number): number {
    const [a, b] = [this.heap[left], this.heap[right]];
    return a !== undefined && b !== undefined && b.atMs < a.atMs ? right : left;
  }
}
