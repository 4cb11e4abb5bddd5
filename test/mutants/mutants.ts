/** One way to break the code that a test has to notice. `tests` are paths for jest; `find` stands in the file once. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly project: 'unit' | 'integration';
  readonly tests: readonly string[];
}

/** The real bridge and relay in a simulated world. */
const SIMULATION = ['test/simulation'];

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
    name: 'the append in one statement does not compare versions',
    file: 'store/migrations/0004_append_expected.sql',
    find: ' and s.version = a.expected',
    replace: '',
    project: 'integration',
    tests: ['store/append/append-expected.int.test.ts'],
  },
  {
    name: 'the append in one statement does not look for its events',
    file: 'store/migrations/0004_append_expected.sql',
    find: 'c.subject = t.subject and c.event_id = t.event_id);',
    replace: 'c.subject is null);',
    project: 'integration',
    tests: ['store/append/append-expected.int.test.ts'],
  },
  {
    name: 'the commit passes an unfinished record',
    file: 'kafka/consumer/tracker.ts',
    find: 'while (done < queue.length && (queue[done] as Tracked).open === 0) done += 1;',
    replace: 'if (queue.some((one) => one?.open === 0)) done = queue.length;',
    project: 'unit',
    tests: SIMULATION,
  },
  {
    name: 'a commit of a former assignment goes out',
    file: 'kafka/consumer/commits.ts',
    find: 'const parts = running.parts.filter(({ tracker }) => tracker.current);',
    replace: 'const parts = running.parts;',
    project: 'unit',
    tests: SIMULATION,
  },
  {
    name: 'the fence lets a fetch of a former assignment in',
    file: 'kafka/kafkajs/fence.ts',
    find: 'if (isStale(one, range)) {',
    replace: 'if (isStale(one, range) && one.place.partition < 0) {',
    project: 'unit',
    tests: SIMULATION,
  },
  {
    name: 'the fence lets a commit for a foreign partition out',
    file: 'kafka/kafkajs/fence.ts',
    find: 'if (!isOpen || one === undefined) throw new KafkaError',
    replace: 'if (one === undefined && place.partition < 0) throw new KafkaError',
    project: 'unit',
    tests: ['kafka/kafkajs/member.test.ts'],
  },
  {
    name: 'the fence lets a commit go backwards',
    file: 'kafka/kafkajs/fence.ts',
    find: 'if (one.committed !== undefined && place.offset < one.committed)',
    replace: 'if (one !== undefined && one.committed !== undefined && place.offset < 0n)',
    project: 'unit',
    tests: ['kafka/kafkajs/member.test.ts'],
  },
  {
    name: "a lane's batch goes out last-first",
    file: 'kafka/consumer/lane.ts',
    find: 'batch.push(entry);',
    replace: 'batch.unshift(entry);',
    project: 'unit',
    tests: SIMULATION,
  },
  {
    name: 'a parked lane is passed',
    file: 'bridges/inbound/dispatch.ts',
    find: 'if (lane.parked !== undefined) return lane.parked;',
    replace: 'if (lane.parked !== undefined) return false;',
    project: 'unit',
    tests: SIMULATION,
  },
  {
    name: 'events do not go behind those that are parked',
    file: 'bridges/inbound/decide.ts',
    find: "return waiting === 'nothing' ? 'signal' : 'behind';",
    replace: "return 'signal';",
    project: 'unit',
    tests: SIMULATION,
  },
  {
    name: 'the relay saves its checkpoint before it has sent',
    file: 'bridges/relay/relay.ts',
    find: '      await send(entries);',
    replace: '      await save(last.at);\n      await send(entries);',
    project: 'unit',
    tests: SIMULATION,
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
    name: 'a host takes an effect back and does not carry it',
    file: 'workflows/kit/stored-effects.ts',
    find: 'for (const { context } of found) this.putAway.delete(context.key);',
    replace: '',
    project: 'unit',
    tests: ['workflows/kit/stored-effects.test.ts'],
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
