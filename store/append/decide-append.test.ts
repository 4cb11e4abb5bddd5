import fc from 'fast-check';
import { appendRequest, deliveredEvent, subjectRef } from '../test/samples';
import type { AppendRequest, TransitionDraft } from '../types';
import { decideAppend, requireSound } from './decide-append';
import type { Stored, StoredTransition, Writes } from './stored';

const NOW = '2026-03-01T12:00:00.000Z';
const THEN = '2026-03-01T09:00:00.000Z';
const ref = subjectRef('o-1');
const nothing: Stored = { stream: undefined, consumed: new Map(), transitions: new Map() };

const stored = (draft: TransitionDraft): StoredTransition => ({
  from: draft.from,
  to: draft.to,
  causes: draft.causes,
  reason: draft.reason ?? null,
  data: draft.data ?? null,
  recordedAt: THEN,
});
const placed: TransitionDraft = { from: null, to: 'placed', causes: ['e1'], data: { totalCents: 1200, lines: [1, 2] } };
const paid: TransitionDraft = { from: 'placed', to: 'paid', causes: ['e2'], reason: 'settled' };
const expired: TransitionDraft = { from: 'placed', to: 'expired', causes: [] };

/** A stream that tells `drafts`, each caused by its event, as it stands with `status`. */
const told = (
  drafts: readonly TransitionDraft[],
  more: { status?: 'open' | 'closed'; chain?: string; consumed?: Record<string, number> } = {},
): Stored => ({
  stream: { chain: more.chain ?? 'chain-1', version: drafts.length, status: more.status ?? 'open' },
  consumed: new Map([
    ...drafts.flatMap(({ causes }, index) => causes.map((cause) => [cause, index] as const)),
    ...Object.entries(more.consumed ?? {}),
  ]),
  transitions: new Map(drafts.map((draft, index) => [index + 1, stored(draft)])),
});

const asks = (changes: Partial<AppendRequest>): AppendRequest => appendRequest(ref, changes);
const standing = (closed: boolean): AppendRequest['after'] => ({
  stage: 'paid',
  state: { at: 'paid' },
  machineVersion: 1,
  closed,
});
const take = (...pairs: [string, number][]): AppendRequest['consumed'] =>
  pairs.map(([eventId, version]) => ({ eventId, version }));

/** The first move, as a journey that is taken for new tells it. */
const placedAlone: Partial<AppendRequest> = {
  expectedVersion: 0,
  transitions: [placed],
  consumed: [{ eventId: 'e1', version: 0 }],
};

describe('decideAppend', () => {
  it('opens a stream with its first move', () => {
    const { result, writes } = decideAppend(nothing, asks({ transitions: [placed] }), NOW);
    expect(result).toEqual({ status: 'recorded', version: 1, recordedAt: [NOW] });
    expect(writes).toMatchObject({
      stream: { subject: ref.subject, version: 1, status: 'open', stage: 'placed', chain: 'chain-1' },
      consumed: [{ eventId: 'e1', version: 0 }],
      transitions: [{ version: 1, to: 'placed' }],
      late: [],
    });
  });

  it('answers the stored times, and writes nothing, when everything is there', () => {
    const again = decideAppend(told([placed]), asks({ transitions: [placed] }), NOW);
    expect(again).toEqual({ result: { status: 'recorded', version: 1, recordedAt: [THEN] }, writes: undefined });
  });

  it('adds what lies beyond the part that is there', () => {
    const request = asks({ transitions: [placed, paid], consumed: take(['e1', 0], ['e2', 1]) });
    const { result, writes } = decideAppend(told([placed]), request, NOW);
    expect(result).toEqual({ status: 'recorded', version: 2, recordedAt: [THEN, NOW] });
    expect(writes).toMatchObject({
      consumed: [{ eventId: 'e2' }],
      transitions: [{ version: 2 }],
      stream: { version: 2 },
    });
    expect(writes?.transitions).toHaveLength(1);
  });

  it('lets the row move only forward when a first part is told again', () => {
    const request = asks({ transitions: [placed], consumed: take(['e1', 0], ['e9', 0]) });
    const { result, writes } = decideAppend(told([placed, paid]), request, NOW);
    expect(result).toMatchObject({ status: 'recorded', version: 1 });
    expect(writes).toMatchObject({ stream: undefined, transitions: [], consumed: [{ eventId: 'e9', version: 0 }] });
  });

  it('takes the same data in another order of its keys as equal', () => {
    const data = { lines: [1, 2], totalCents: 1200 };
    expect(decideAppend(told([placed]), asks({ transitions: [{ ...placed, data }] }), NOW).result.status).toBe(
      'recorded',
    );
  });

  const differing: [string, TransitionDraft][] = [
    ['from', { ...placed, from: 'draft' }],
    ['to', { ...placed, to: 'cancelled' }],
    ['causes', { ...placed, causes: ['e1', 'e2'] }],
    ['one cause', { ...placed, causes: ['e7'] }],
    ['reason', { ...placed, reason: 'because' }],
    ['data', { ...placed, data: { totalCents: 1201, lines: [1, 2] } }],
    ['order in a list', { ...placed, data: { totalCents: 1200, lines: [2, 1] } }],
    ['no data', { from: null, to: 'placed', causes: ['e1'] }],
  ];
  it.each(differing)('refuses another %s at a stored version as a conflict', (_, draft) => {
    const request = asks({ transitions: [draft], consumed: [] });
    const { result, writes } = decideAppend(told([placed]), request, NOW);
    expect(result).toMatchObject({ status: 'conflict', detail: expect.stringContaining('version 1') });
    expect(writes).toBeUndefined();
  });

  it('is told what it took for new, and does not know: that more was recorded, or that events of it are parked', () => {
    const begins = asks({ ...placedAlone, fresh: true });
    expect(decideAppend(told([placed]), begins, NOW).result.status).toBe('recorded');
    expect(decideAppend(told([placed, paid]), begins, NOW)).toEqual({ result: { status: 'known' } });
    for (const before of [nothing, told([placed])])
      expect(decideAppend({ ...before, parked: true }, begins, NOW)).toEqual({ result: { status: 'known' } });
    expect(decideAppend({ ...told([placed]), parked: true }, asks(placedAlone), NOW).result.status).toBe('recorded');
  });

  it('bug: an event that moves nothing was taken after the close, when it came between start and end told as new again', () => {
    const closing = { ...placedAlone, fresh: true, after: standing(true) };
    const closed = told([placed], { status: 'closed' });
    expect(decideAppend(closed, asks(closing), NOW).result.status).toBe('recorded');
    const more = asks({ ...closing, consumed: take(['e1', 0], ['e9', 0]) });
    expect(decideAppend(closed, more, NOW)).toEqual({ result: { status: 'known' } });
  });

  it('is told of what it tells again whether it stands so, alone, in part or with more behind it, and is not parked', () => {
    const again = asks({ ...placedAlone, retold: true });
    for (const before of [nothing, told([placed]), told([placed, paid])])
      expect(decideAppend(before, again, NOW).result.status).toBe('recorded');
    const both = asks({ ...placedAlone, transitions: [placed, paid], retold: true });
    expect(decideAppend(told([placed]), both, NOW).writes?.transitions).toMatchObject([{ version: 2, to: paid.to }]);
    const otherwise = told([{ ...placed, causes: ['e7'] }]);
    expect(decideAppend(otherwise, again, NOW)).toEqual({ result: { status: 'known' } });
    expect(decideAppend({ ...told([placed]), parked: true }, again, NOW)).toEqual({ result: { status: 'known' } });
    const begins = asks({ ...placedAlone, fresh: true, retold: true });
    expect(decideAppend(told([placed, paid]), begins, NOW).result.status).toBe('recorded');
  });

  it('refuses an older chain of a host, whatever it tells', () => {
    const hosted = asks({ ...placedAlone, hostChain: 'run-1' });
    for (const hostChain of ['run-2', undefined])
      expect(decideAppend({ ...nothing, hostChain }, hosted, NOW)).toEqual({ result: { status: 'superseded' } });
    expect(decideAppend({ ...nothing, hostChain: 'run-1' }, hosted, NOW).result.status).toBe('recorded');
  });

  it('refuses a version that the stream has not reached', () => {
    const { result } = decideAppend(told([placed]), asks({ expectedVersion: 2, consumed: [] }), NOW);
    expect(result).toEqual({ status: 'conflict', detail: 'version 2 expected, the stream is at 1' });
  });

  it('keeps data out of the conflict', () => {
    const secret = { ...placed, to: 'other', data: { name: 'Mustermann' } };
    const { result } = decideAppend(told([placed]), asks({ transitions: [secret], consumed: [] }), NOW);
    expect(JSON.stringify(result)).not.toContain('Mustermann');
  });

  it.each([
    ['open', false],
    ['closed', true],
  ] as const)('answers another chain that the stream is %s and somebody else`s', (status, closed) => {
    const { result, writes } = decideAppend(told([placed], { status, chain: 'chain-0' }), asks({}), NOW);
    expect(result).toEqual({ status: 'foreign-chain', chain: 'chain-0', closed });
    expect(writes).toBeUndefined();
  });

  describe('events taken', () => {
    it('records one that moved nothing', () => {
      const request = asks({ expectedVersion: 1, transitions: [], consumed: take(['e5', 1]) });
      const { result, writes } = decideAppend(told([placed]), request, NOW);
      expect(result).toEqual({ status: 'recorded', version: 1, recordedAt: [] });
      expect(writes).toMatchObject({ consumed: [{ eventId: 'e5', version: 1 }], stream: { version: 1 } });
    });

    it('answers those that met the stream before, and writes nothing of the rest', () => {
      const request = asks({ expectedVersion: 1, transitions: [paid], consumed: take(['e1', 1], ['e2', 1]) });
      const { result, writes } = decideAppend(told([placed]), request, NOW);
      expect(result).toEqual({ status: 'duplicates', eventIds: ['e1'] });
      expect(writes).toBeUndefined();
    });

    it('answers them before it compares: stepped again without them, the story fits', () => {
      const request = asks({
        expectedVersion: 1,
        transitions: [
          { ...paid, causes: ['e1'] },
          { ...expired, causes: ['e9'] },
        ],
        consumed: take(['e1', 1], ['e9', 2]),
      });
      const there = told([placed, { ...expired, causes: ['e9'] }]);
      expect(decideAppend(there, request, NOW).result).toEqual({ status: 'duplicates', eventIds: ['e1'] });
      const without = { ...request, transitions: [{ ...expired, causes: ['e9'] }], consumed: take(['e9', 1]) };
      expect(decideAppend(there, without, NOW).result.status).toBe('recorded');
    });

    it('answers one that moved nothing elsewhere within the reach of this append as a duplicate', () => {
      const request = asks({ expectedVersion: 1, transitions: [expired], consumed: take(['e9', 2]) });
      const there = told([placed], { consumed: { e9: 1 } });
      expect(decideAppend(there, request, NOW).result).toEqual({ status: 'duplicates', eventIds: ['e9'] });
    });

    it('refuses one that is stored as the cause of another move: dropping it would hide the move', () => {
      const request = asks({ expectedVersion: 1, transitions: [], consumed: take(['e2', 1]) });
      const there = told([placed, expired, { ...paid, from: 'expired' }]);
      expect(decideAppend(there, request, NOW).result).toEqual({
        status: 'conflict',
        detail: 'event e2 is stored as the cause of version 3',
      });
    });

    it('takes the same event named twice at one version once', () => {
      const { writes } = decideAppend(nothing, asks({ consumed: take(['e1', 0], ['e1', 0]) }), NOW);
      expect(writes?.consumed).toEqual([{ eventId: 'e1', version: 0 }]);
    });
  });

  describe('closing', () => {
    const late = deliveredEvent(ref, 'l1');
    const closing = asks({
      expectedVersion: 1,
      transitions: [paid],
      consumed: take(['e2', 1]),
      after: standing(true),
      late: [late],
    });

    it('records what nobody took as late, and marks it as consumed at the last version', () => {
      const { writes } = decideAppend(told([placed]), closing, NOW);
      expect(writes).toMatchObject({ stream: { status: 'closed', version: 2 }, late: [{ version: 2, event: late }] });
      expect(writes?.consumed).toEqual(take(['e2', 1], ['l1', 2]));
    });

    it('does not compare late events: the same close with others adds only what is new', () => {
      const closed = told([placed, paid], { status: 'closed', consumed: { l1: 2 } });
      expect(decideAppend(closed, closing, NOW).writes).toBeUndefined();
      const more = { ...closing, late: [late, deliveredEvent(ref, 'l2'), deliveredEvent(ref, 'l2')] };
      expect(decideAppend(closed, more, NOW).writes).toMatchObject({
        stream: undefined,
        transitions: [],
        late: [{ event: { eventId: 'l2' } }],
        consumed: [{ eventId: 'l2', version: 2 }],
      });
    });

    it('adds late events to a closed stream, each once', () => {
      const closed = told([placed, paid], { status: 'closed' });
      const request = asks({ expectedVersion: 2, transitions: [], consumed: [], after: standing(true), late: [late] });
      const { result, writes } = decideAppend(closed, request, NOW);
      expect(result).toEqual({ status: 'recorded', version: 2, recordedAt: [] });
      expect(writes).toMatchObject({ stream: undefined, late: [{ version: 2 }] });
    });

    it('closes without a move', () => {
      const request = asks({ expectedVersion: 2, transitions: [], consumed: [], after: standing(true) });
      expect(decideAppend(told([placed, paid]), request, NOW).writes).toMatchObject({ stream: { status: 'closed' } });
    });

    it('does not record what was taken as late', () => {
      const both = { ...closing, consumed: take(['e2', 1], ['l1', 1]) };
      expect(decideAppend(told([placed]), both, NOW).writes?.late).toEqual([]);
    });

    it('refuses a move after the close', () => {
      const request = asks({ expectedVersion: 2, transitions: [expired], consumed: [], after: standing(false) });
      const { result } = decideAppend(told([placed, paid], { status: 'closed' }), request, NOW);
      expect(result).toMatchObject({ status: 'conflict', detail: expect.stringContaining('after the close') });
    });

    it('refuses to close before a stored move', () => {
      const request = asks({ transitions: [placed], after: standing(true) });
      const { result } = decideAppend(told([placed, paid]), request, NOW);
      expect(result).toEqual({ status: 'conflict', detail: 'the close at 1 comes before version 2' });
    });

    it('answers an earlier append of a closed stream as recorded', () => {
      const { result, writes } = decideAppend(
        told([placed, paid], { status: 'closed' }),
        asks({ transitions: [placed] }),
        NOW,
      );
      expect(result).toEqual({ status: 'recorded', version: 1, recordedAt: [THEN] });
      expect(writes).toBeUndefined();
    });
  });
});

describe('requireSound', () => {
  it.each([
    ['a version below zero', asks({ expectedVersion: -1 })],
    ['half a version', asks({ expectedVersion: 0.5 })],
    ['late events without a close', asks({ late: [deliveredEvent(ref)] })],
    ['an event taken at two versions', asks({ consumed: take(['e1', 0], ['e1', 1]) })],
  ])('refuses %s', (_, request) => {
    expect(() => requireSound(request)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

/** One subject's rows in memory, written as the store writes them. */
function memory() {
  const consumed = new Map<string, number>();
  const transitions = new Map<number, StoredTransition>();
  let stream: Stored['stream'];
  const apply = (writes: Writes | undefined): void => {
    if (writes === undefined) return;
    for (const { eventId, version } of writes.consumed) consumed.set(eventId, version);
    for (const transition of writes.transitions) transitions.set(transition.version, stored(transition));
    if (writes.stream !== undefined) stream = writes.stream;
  };
  return {
    append(request: AppendRequest) {
      const tail = [...transitions].filter(([version]) => version > request.expectedVersion);
      const { result, writes } = decideAppend({ stream, consumed, transitions: new Map(tail) }, request, NOW);
      apply(writes);
      return result;
    },
    state: () => ({ stream, consumed: new Map(consumed), transitions: new Map(transitions) }),
  };
}

type Step = 'moves' | 'stays' | 'deadline';

/** Tells a story in batches of the given sizes; the last append closes it. */
function appendsOf(story: readonly Step[], sizes: readonly number[]): AppendRequest[] {
  const appends: AppendRequest[] = [];
  let version = 0;
  for (let at = 0, turn = 0; at < story.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const expectedVersion = version;
    const transitions: TransitionDraft[] = [];
    const consumed: { eventId: string; version: number }[] = [];
    for (const [index, step] of story.slice(at, at + size).entries()) {
      const eventId = `e${at + index}`;
      if (step !== 'deadline') consumed.push({ eventId, version });
      if (step === 'stays') continue;
      const from = version === 0 ? null : `s${version}`;
      transitions.push({ from, to: `s${version + 1}`, causes: step === 'moves' ? [eventId] : [] });
      version += 1;
    }
    at += size;
    const closed = at >= story.length;
    appends.push(
      asks({
        expectedVersion,
        transitions,
        consumed,
        after: { stage: `s${version}`, state: version, machineVersion: 1, closed },
      }),
    );
  }
  return appends;
}

describe('a story told again', () => {
  const steps = fc.array(fc.constantFrom<Step>('moves', 'stays', 'deadline'), { minLength: 1, maxLength: 12 });
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

  it('comes out the same, from any point and in any other batches', () => {
    fc.assert(
      fc.property(steps, sizes, sizes, fc.nat(12), (story, first, second, lostAfter) => {
        const once = memory();
        for (const request of appendsOf(story, first)) expect(once.append(request).status).toBe('recorded');

        const lost = memory();
        for (const request of appendsOf(story, first).slice(0, lostAfter)) lost.append(request);
        for (const request of appendsOf(story, second)) expect(lost.append(request).status).toBe('recorded');

        expect(lost.state().transitions).toEqual(once.state().transitions);
        expect(lost.state().consumed).toEqual(once.state().consumed);
        expect(lost.state().stream).toMatchObject({ version: once.state().stream?.version, status: 'closed' });
      }),
    );
  });

  it('is never recorded differently: another move at a stored version is a conflict', () => {
    fc.assert(
      fc.property(steps, sizes, fc.nat(11), (story, batches, at) => {
        const changed = story.map(
          (step, index): Step => (index === at ? (step === 'deadline' ? 'moves' : 'deadline') : step),
        );
        fc.pre(at < story.length && story[at] !== 'stays');
        const store = memory();
        for (const request of appendsOf(story, batches)) store.append(request);
        const answers = appendsOf(changed, batches).map((request) => store.append(request).status);
        expect(answers.some((status) => status !== 'recorded')).toBe(true);
        expect(store.state().transitions.size).toBe(story.filter((step) => step !== 'stays').length);
      }),
    );
  });
});
