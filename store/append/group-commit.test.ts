import { StoreError } from '../errors';
import { createGroupCommit } from './group-commit';
import type { Operation, Stored } from './stored';
import type { Outcome } from './stream-transaction';

const nothing: Stored = { stream: undefined, consumed: new Map(), transitions: new Map() };

const operation = <Result>(subject: string, result: Result): Operation<Result> => ({
  subject,
  bytes: 1,
  asks: { eventIds: [], transitionsAfter: null },
  decide: () => ({ result }),
});

const decideAll = (operations: readonly Operation<void>[]): readonly Outcome<void>[] =>
  operations.map(({ decide }) => {
    decide(nothing, 'now');
    return { ok: true, result: undefined };
  });

/** Transactions that end when told to. */
function gated() {
  const groups: string[][] = [];
  const gates: (() => void)[] = [];
  return {
    groups,
    /** Lets the oldest transaction in flight commit. */
    commit: async () => {
      gates.shift()?.();
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    },
    run: async (operations: readonly Operation<void>[]) => {
      groups.push(operations.map(({ subject }) => subject));
      await new Promise<void>((resolve) => gates.push(resolve));
      return decideAll(operations);
    },
  };
}

const options = { limits: { requests: 10, bytes: 1_000 }, transactions: 2, worthDividing: 10 };

describe('group commit', () => {
  it('starts at once when idle, and gathers what arrives in one turn or while transactions are in flight', async () => {
    const { run, groups, commit } = gated();
    const commits = createGroupCommit({ ...options, run });
    const submit = (subject: string) => commits.submit(operation(subject, subject));
    const results = ['a', 'b', 'c'].map(submit);
    await new Promise(setImmediate);
    results.push(submit('d'));
    await new Promise(setImmediate);
    expect(groups).toEqual([['a', 'b', 'c'], ['d']]);
    results.push(submit('e'));
    await new Promise(setImmediate);
    results.push(submit('f'));
    await new Promise(setImmediate);
    expect(groups).toHaveLength(2);
    await commit();
    expect(groups[2]).toEqual(['e', 'f']);
    await commit();
    await commit();
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('divides much that waits among the transactions that are free', async () => {
    const { run, groups, commit } = gated();
    const commits = createGroupCommit({ ...options, run, worthDividing: 3 });
    const results = Promise.all([...'abcdefgh'].map((subject) => commits.submit(operation(subject, subject))));
    await new Promise(setImmediate);
    expect(groups).toEqual([[...'abcd'], [...'efgh']]);
    await commit();
    await commit();
    expect(await results).toEqual([...'abcdefgh']);
  });

  it('runs one request of a subject at a time, in the order of their arrival', async () => {
    const { run, groups, commit } = gated();
    const commits = createGroupCommit({ ...options, run });
    const results = Promise.all([1, 2, 3].map((nth) => commits.submit(operation('a', nth))));
    await new Promise(setImmediate);
    expect(groups).toEqual([['a']]);
    for (let nth = 0; nth < 3; nth += 1) await commit();
    expect(await results).toEqual([1, 2, 3]);
    expect(groups).toEqual([['a'], ['a'], ['a']]);
  });

  it('fails only the operation that was refused', async () => {
    const run = async (operations: readonly Operation<void>[]): Promise<readonly Outcome<void>[]> =>
      decideAll(operations).map((outcome, at) =>
        operations[at]?.subject === 'bad' ? { ok: false, error: new Error('refused') } : outcome,
      );
    const commits = createGroupCommit({ ...options, transactions: 1, run });
    const settled = await Promise.allSettled(['a', 'bad', 'c'].map((subject) => commits.submit(operation(subject, 1))));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('runs each alone when the whole group is refused for good, so that the culprit fails alone', async () => {
    const sizes: number[] = [];
    const run = async (operations: readonly Operation<void>[]): Promise<readonly Outcome<void>[]> => {
      sizes.push(operations.length);
      if (operations.some(({ subject }) => subject === 'bad')) throw new Error('invalid input syntax');
      return decideAll(operations);
    };
    const commits = createGroupCommit({ ...options, transactions: 1, run });
    const settled = await Promise.allSettled(
      ['first', 'a', 'bad', 'c'].map((subject) => commits.submit(operation(subject, subject))),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(settled[2]).toMatchObject({ reason: { code: 'refused-by-database' } });
    expect(sizes).toEqual([4, 1, 1, 1, 1]);
  });

  it('fails all of a group that was lost on the way, each to be tried again', async () => {
    const lost = new StoreError('unavailable', 'connection terminated');
    const commits = createGroupCommit({ ...options, run: () => Promise.reject(lost) });
    const settled = await Promise.allSettled(['a', 'b', 'c'].map((subject) => commits.submit(operation(subject, 1))));
    expect(settled.every((one) => one.status === 'rejected' && one.reason === lost)).toBe(true);
  });

  it('closes when everything submitted is committed, and takes nothing more', async () => {
    const { run, commit } = gated();
    const commits = createGroupCommit({ ...options, run });
    const result = commits.submit(operation('a', 'done'));
    const closed = commits.close();
    await expect(commits.submit(operation('b', 1))).rejects.toMatchObject({ code: 'closed', transient: true });
    await new Promise(setImmediate);
    await commit();
    expect(await result).toBe('done');
    await closed;
  });
});
