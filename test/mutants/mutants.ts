/** One way to break the code that a test has to notice. `tests` are paths for jest; `find` stands in the file once. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly project: 'unit' | 'integration';
  readonly tests: readonly string[];
}

export const mutants: readonly Mutant[] = [
  {
    name: 'the inbox takes an id twice',
    file: 'workflows/kit/inbox.ts',
    find: 'if (this.waitingIds.has(event.eventId) || this.recent.has(event.eventId)) continue;',
    replace: '',
    project: 'unit',
    tests: ['workflows/kit/inbox.test.ts'],
  },
  {
    name: 'the store takes an event twice',
    file: 'store/append/decide-append.ts',
    find: 'if (before.length > 0) return duplicates(before);',
    replace: '',
    project: 'unit',
    tests: ['store/append/decide-append.test.ts'],
  },
  {
    name: 'the append does not compare',
    file: 'store/append/decide-append.ts',
    find: 'if (there !== undefined && !sameTransition(there, draft)) {',
    replace: 'if (there !== undefined && there === undefined) {',
    project: 'unit',
    tests: ['store/append/decide-append.test.ts'],
  },
  {
    name: 'the commit passes an unfinished record',
    file: 'kafka/consumer/tracker.ts',
    find: 'while (done < queue.length && (queue[done] as Tracked).open === 0) done += 1;',
    replace: 'if (queue.some(({ open }) => open === 0)) done = queue.length;',
    project: 'unit',
    tests: ['kafka/consumer'],
  },
  {
    name: 'the undo runs first-first',
    file: 'workflows/kit/undo-list.ts',
    find: 'for (const undo of [...this.undos].reverse()) {',
    replace: 'for (const undo of [...this.undos]) {',
    project: 'unit',
    tests: ['workflows/kit/undo-list.test.ts'],
  },
  {
    name: 'the feed has no horizon',
    file: 'store/feed.ts',
    find: 'or e.transaction_id < pg_snapshot_xmin(pg_current_snapshot()))',
    replace: 'or true)',
    project: 'integration',
    tests: ['store/feed.int.test.ts'],
  },
];
