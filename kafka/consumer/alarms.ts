/** Things that are due at a time: a binary heap, earliest first. */
export interface Alarms<T> {
  set(at: number, thing: T): void;
  /** Earliest time, if any. */
  next(): number | undefined;
  /** Takes out what is due. */
  due(now: number): T[];
}

export function createAlarms<T>(): Alarms<T> {
  const heap: { readonly at: number; readonly thing: T }[] = [];
  const at = (index: number): number => heap[index]?.at ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    const kept = heap[a];
    const other = heap[b];
    if (kept === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = kept;
  };
  const sink = (from: number): void => {
    for (let index = from; ; ) {
      const child = at(2 * index + 1) <= at(2 * index + 2) ? 2 * index + 1 : 2 * index + 2;
      if (at(child) >= at(index)) return;
      swap(index, child);
      index = child;
    }
  };
  const pop = (): T | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first !== undefined && last !== undefined && heap.length > 0) {
      heap[0] = last;
      sink(0);
    }
    return first?.thing;
  };
  return {
    set(time, thing) {
      heap.push({ at: time, thing });
      for (let index = heap.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (at(parent) <= at(index)) return;
        swap(index, parent);
        index = parent;
      }
    },
    next: () => heap[0]?.at,
    due(now) {
      const things: T[] = [];
      while (heap.length > 0 && at(0) <= now) {
        const thing = pop();
        if (thing !== undefined) things.push(thing);
      }
      return things;
    },
  };
}
