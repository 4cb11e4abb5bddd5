import type { HostedEntry, HostedResult, Settling } from '../../activities/recording/hosting.activities';
import { type Counter, counter, type Ring } from '../testing/counter.machine';
import { counterEvent as event } from '../testing/counter-events';
import { Deadlines } from './deadlines';
import { HostEffects } from './host-effects';
import { HostJourneys, Superseded } from './host-journeys';
import { HostSettlings } from './host-settlings';
import type { HostStore } from './host-store';
import { parking, stepHeld } from './hosted-step';
import { Roster } from './roster';
import { StageCounts } from './stage-counts';
import type { WireEvent } from './wire';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const idleAt = new Date(NOW).toISOString();
const ref = { subject: 'c/test/a', tenantId: 'test', key: 'a' };

const unasked = () => Promise.reject(new Error('the store is not asked'));
const silent: HostStore<Ring> = {
  open: unasked,
  record: unasked,
  load: unasked,
  due: unasked,
  settle: unasked,
  putAwayEffects: unasked,
  effects: unasked,
  forgetEffects: unasked,
};

function host(store: HostStore<Ring> = silent) {
  const [roster, deadlines] = [new Roster<ReturnType<typeof counter.initial>>(['CountBegun']), new Deadlines()];
  const task = { nth: 1 };
  const runtime = { now: () => NOW, task: () => task.nth, warn: () => undefined, sleep: () => Promise.resolve() };
  const effects = new HostEffects<Ring>(unasked, runtime);
  const settlings = new HostSettlings({ roster, deadlines, store });
  const parts = { host: 'c/host-0', roster, deadlines, stages: new StageCounts(), effects, settlings, store, runtime };
  return { roster, deadlines, settlings, task, journeys: new HostJourneys(counter, parts) };
}

describe('a turn of a host', () => {
  it('does not step a journey at its deadline while more of what is parked is loaded', () => {
    const { roster, deadlines, journeys } = host();
    const held = roster.hold(ref);
    held.standing = { state: { at: 'counting', count: 200, idleAt }, version: 200 };
    held.mustLoad = true;
    roster.wake(held);
    deadlines.set(ref.subject, NOW);
    expect(journeys.nextTurn(NOW)).toEqual({ bySignals: [], byClock: [], toLoad: [ref.subject], events: 0 });
  });

  it('loads a journey whose deadline has come if more of it is parked, also before the turn of its events', () => {
    const { roster, deadlines, journeys } = host();
    const held = roster.hold(ref);
    held.standing = { state: { at: 'counting', count: 200, idleAt }, version: 200 };
    held.mustLoad = true;
    deadlines.set(ref.subject, NOW);
    expect(journeys.nextTurn(NOW)).toEqual({ bySignals: [], byClock: [], toLoad: [ref.subject], events: 0 });
  });

  it('steps a journey at its deadline, and loads one that it does not hold', () => {
    const { roster, deadlines, journeys } = host();
    roster.hold(ref).standing = { state: { at: 'counting', count: 1, idleAt }, version: 1 };
    deadlines.set(ref.subject, NOW);
    deadlines.set('c/test/b', NOW);
    const { byClock, toLoad } = journeys.nextTurn(NOW);
    expect(byClock).toMatchObject([{ entry: { kind: 'append', request: { transitions: [{ to: 'idle' }] } } }]);
    expect(toLoad).toEqual(['c/test/b']);
  });

  it('bug: the deadline of a journey that had just been loaded was recorded as if signals had caused it', () => {
    const { roster, deadlines, journeys } = host();
    const held = roster.hold(ref);
    held.standing = { state: { at: 'counting', count: 1, idleAt }, version: 1 };
    deadlines.set(ref.subject, NOW);
    roster.wake(held);
    const { bySignals, byClock } = journeys.nextTurn(NOW);
    expect(bySignals).toEqual([]);
    expect(byClock).toMatchObject([{ entry: { kind: 'append', request: { transitions: [{ to: 'idle' }] } } }]);
  });
});

describe('a load', () => {
  it('bug: could be answered with more than the server takes: what one answer has no room for is asked for again', async () => {
    const asked: (readonly string[])[] = [];
    const subjects = ['a', 'b', 'c'].map((key) => `c/test/${key}`);
    const { roster, journeys } = host({
      ...silent,
      load: async (given) => {
        asked.push(given);
        return given.slice(0, 2).map((subject) => ({ subject, parked: { ...ref, subject, events: [], more: false } }));
      },
    });
    for (const subject of subjects) roster.hold({ ...ref, subject });
    await journeys.load(subjects);
    expect(asked).toEqual([subjects, subjects.slice(2)]);
    expect(subjects.map((subject) => roster.get(subject)?.parked)).toEqual(
      subjects.map(() => ({ ids: [], more: false })),
    );
  });
});

const ids = (events: readonly WireEvent[]): string[] => events.map(({ eventId }) => eventId);

/** One journey that counts, `parked` of it in pages of two; `before`: ids that it took before. */
function parkedJourney(parked: readonly WireEvent[], before: readonly string[] = []) {
  const kept = { parked, taken: [...before], late: [] as string[], isClosed: false, version: before.length };
  const unpark = (eventIds: readonly string[] = []) => {
    kept.parked = kept.parked.filter(({ eventId }) => !eventIds.includes(eventId));
  };
  const recorded = (entry: HostedEntry): HostedResult | undefined => {
    if (entry.kind === 'unpark') unpark(entry.eventIds);
    if (entry.kind === 'park')
      kept.parked = [...kept.parked, ...entry.events.filter((each) => !kept.parked.includes(each))];
    if (entry.kind !== 'append') return undefined;
    const { consumed, transitions, late, after } = entry.request;
    const taken = consumed.map(({ eventId }) => eventId);
    const duplicates = taken.filter((eventId) => kept.taken.includes(eventId));
    if (duplicates.length > 0) return { status: 'duplicates', eventIds: duplicates };
    unpark(entry.unpark);
    kept.taken.push(...taken);
    kept.late.push(...ids(late));
    kept.version += transitions.length;
    kept.isClosed = after.closed;
    return undefined;
  };
  const state = { at: 'counting', count: 0, idleAt: null };
  const store: HostStore<Ring> = {
    ...silent,
    record: async (entries) =>
      new Map(
        entries.map(recorded).flatMap((result, nth): [number, HostedResult][] => (result ? [[nth, result]] : [])),
      ),
    load: async (subjects) =>
      subjects.map((subject) => ({
        subject,
        stream: {
          ...ref,
          chain: 'c/host-0',
          version: kept.version,
          status: kept.isClosed ? 'closed' : 'open',
          stage: 'counting',
          state,
          machineVersion: 1,
          correlationId: 'a',
        },
        parked:
          kept.parked.length === 0
            ? undefined
            : { ...ref, events: kept.parked.slice(0, 2), more: kept.parked.length > 2 },
      })),
    settle: async (settlings: readonly Settling[]) => {
      for (const { events, unpark: isParked } of settlings) {
        kept.late.push(...ids(events));
        if (isParked === true) unpark(ids(events));
      }
    },
  };
  const { roster, journeys, settlings } = host(store);
  /** Until nobody has a turn any more. */
  const settled = async () => {
    for (let turns = 0; roster.hasReady; turns += 1) {
      if (turns > 20) throw new Error('it never ends');
      const { bySignals, toLoad } = journeys.nextTurn(NOW);
      await journeys.record(bySignals, 'signals');
      await journeys.load(toLoad);
      await settlings.settle();
    }
  };
  /** Its time to be tried again has come. */
  const tried = async () => {
    await journeys.load([ref.subject]);
    await settlings.settle();
    await settled();
  };
  return { kept, roster, tried, settled };
}

describe('the next run of a host', () => {
  const early = event('1');
  const carried = { standing: [], machineVersion: counter.version, effects: [], effectsInStore: false };
  const nextRun = (machineVersion: number) => {
    const settled: (readonly Settling[])[] = [];
    const next = host({ ...silent, settle: async (settlings) => void settled.push(settlings) });
    const waiting = [{ ref, mayStart: false, events: [early], awaitsStartUntil: NOW + 1_000 }];
    next.roster.receive(waiting);
    next.journeys.takeUp({ ...carried, machineVersion, waiting });
    return { ...next, settled };
  };

  it.each([counter.version, counter.version + 1])(
    'bug: waited anew for a start, so that where runs are short an early event was never given up (machine %i)',
    async (machineVersion) => {
      const { journeys, settlings, roster, deadlines, settled } = nextRun(machineVersion);
      expect(journeys.nextTurn(NOW).toLoad).toEqual([]);
      expect(deadlines.next()).toBe(NOW + 1_000);
      expect(journeys.nextTurn(NOW + 1_000)).toEqual({ bySignals: [], byClock: [], toLoad: [], events: 0 });
      await settlings.settle();
      expect(settled).toEqual([[{ why: 'early', ref, events: [early] }]]);
      expect(roster.size).toBe(0);
    },
  );

  it('starts the journey if its start comes before that', () => {
    const { journeys, roster } = nextRun(counter.version);
    roster.receive([{ ref, mayStart: true, events: [event('0', 'CountBegun')] }]);
    expect(journeys.nextTurn(NOW).bySignals.map(({ batch }) => ids(batch))).toEqual([['0', '1']]);
  });
});

describe('a journey of which more is parked than is loaded at once', () => {
  const many = ['1', '2', '3', '4', '5'].map((eventId) => event(eventId));

  it('takes all of it, in order, and before what came later', async () => {
    const { kept, roster, tried } = parkedJourney(many);
    roster.receive([{ ref, mayStart: false, events: [event('6')] }]);
    await tried();
    expect(kept).toMatchObject({ taken: ['1', '2', '3', '4', '5', '6'], parked: [] });
  });

  it('bug: what the store gave back because more is parked was taken before that', async () => {
    const { kept, roster, tried } = parkedJourney(many);
    roster.hold(ref).front = [event('6')];
    await tried();
    expect(kept).toMatchObject({ taken: ['1', '2', '3', '4', '5', '6'], parked: [] });
  });

  it('bug: once it had ended, what was not loaded yet stayed parked for ever', async () => {
    const { kept, roster, tried } = parkedJourney([...many.slice(0, 1), event('end', 'CountEnded'), ...many.slice(1)]);
    await tried();
    expect(kept).toMatchObject({ taken: ['1', 'end'], late: ['2', '3', '4', '5'], parked: [] });
    expect(roster.size).toBe(0);
  });

  it('bug: after a page that it had taken before, the rest stayed parked until something came for it', async () => {
    const { kept, tried } = parkedJourney(many, ['1', '2']);
    await tried();
    expect(kept).toMatchObject({ taken: ['1', '2', '3', '4', '5'], parked: [] });
  });

  it('waits for its next try when its machine throws again, with what came since behind it', async () => {
    const jammed = event('jam', 'Counted', { failsUntil: '9999-12-31T00:00:00.000Z' });
    const { kept, roster, tried } = parkedJourney([...many.slice(0, 3), jammed, ...many.slice(3)]);
    roster.receive([{ ref, mayStart: false, events: [event('6')] }]);
    await tried();
    expect(kept.taken).toEqual(['1', '2', '3']);
    expect(ids(kept.parked)).toEqual(['jam', '4', '5', '6']);
  });
});

describe('a journey that is parked', () => {
  it('bug: was parked by one call with all that waited for it, which the server refuses above 2 MiB', async () => {
    const calls: (readonly HostedEntry[])[] = [];
    const { roster, journeys } = host({
      ...silent,
      record: async (entries) => {
        calls.push(entries);
        if (calls.length === 1) roster.receive([{ ref, mayStart: false, events: [event('meanwhile')] }]);
        return new Map();
      },
    });
    const held = roster.hold(ref);
    held.standing = { state: { at: 'counting', count: 0, idleAt: null }, version: 1 };
    const text = 'x'.repeat(100_000);
    const jammed = event('jam', 'Counted', { failsUntil: '9999-12-31T00:00:00.000Z', text });
    const many = Array.from({ length: 12 }, (_, nth) => event(`${nth}`, 'Counted', { text }));
    held.front = many.slice(0, 4);
    roster.receive([{ ref, mayStart: false, events: many.slice(8) }]);
    await journeys.record([parking(held, [jammed, ...many.slice(4, 8)], 'jammed', NOW)], 'signals');
    const [first, ...others] = calls.flat().flatMap((entry) => (entry.kind === 'park' ? [entry] : []));
    const behind = [...many.slice(4, 8), ...many.slice(0, 4), ...many.slice(8)];
    const events = [first, ...others].flatMap((entry) => entry?.events ?? []);
    expect(ids(events)).toEqual(['jam', ...ids(behind), 'meanwhile']);
    for (const call of calls) expect(JSON.stringify(call).length).toBeLessThan(512 * 1024);
    for (const { message } of others) expect(message).toBe(first?.message);
    expect([held.front, held.inbox.size, roster.size]).toEqual([[], 0, 0]);
  });

  it.each([
    ['a later deadline', new Date(NOW + 1_000).toISOString(), ['unpark']],
    ['no deadline', null, ['unpark']],
    ['its deadline still, at which it moves', idleAt, ['append']],
  ])('bug: at its deadline, stayed so once it was mended and had %s', async (_, deadline, expected) => {
    const entries: HostedEntry[] = [];
    const stream = {
      ...ref,
      chain: 'c/host-0',
      version: 1,
      status: 'open',
      stage: 'counting',
      state: { at: 'counting', count: 1, idleAt: deadline },
      machineVersion: 1,
      correlationId: 'a',
    } as const;
    const { deadlines, journeys } = host({
      ...silent,
      load: async ([subject = '']) => [{ subject, stream, parked: { ...ref, events: [], more: false } }],
      record: async (given) => {
        entries.push(...given);
        return new Map();
      },
    });
    await journeys.load([ref.subject]);
    for (let turn = 0; turn < 2; turn += 1) {
      const { bySignals, byClock } = journeys.nextTurn(NOW);
      expect(bySignals).toEqual([]);
      await journeys.record(byClock, 'clock-or-effect');
    }
    expect(entries.map(({ kind }) => kind)).toEqual(expected);
    expect(entries[0]).toMatchObject(expected[0] === 'unpark' ? { eventIds: [] } : { unpark: [] });
    expect(deadlines.next()).toBe(expected[0] === 'append' || deadline === null ? Infinity : Date.parse(deadline));
  });

  it('bug: stayed so with what came after its end, because that was late and never removed', async () => {
    const { kept, tried } = parkedJourney([event('1'), event('2')]);
    kept.isClosed = true;
    await tried();
    expect(kept).toMatchObject({ late: ['1', '2'], parked: [] });
  });
});

describe('what signals have led to', () => {
  const begun = event('0', 'CountBegun');

  /** One journey; answers how what it does is recorded. */
  function recordings() {
    const recorded: string[] = [];
    const { roster, task, journeys } = host({
      ...silent,
      record: async (entries, causedBy) => {
        recorded.push(...entries.map(({ kind }) => `${kind}: ${causedBy}`));
        return new Map();
      },
    });
    const take = async (...events: readonly WireEvent[]) => {
      roster.receive([{ ref, mayStart: true, events }]);
      await journeys.record(journeys.nextTurn(NOW).bySignals, 'signals');
    };
    return { recorded, task, take };
  }

  it('is recorded as such', async () => {
    const { recorded, task, take } = recordings();
    await take(begun);
    task.nth += 1;
    await take(event('1'));
    await take(event('2'));
    expect(recorded).toEqual(Array(3).fill('append: signals'));
  });

  it('is not if it follows the first moves in one task: told again as new, they are answered as known', async () => {
    const { recorded, take } = recordings();
    await take(begun);
    await take(event('1'));
    expect(recorded).toEqual(['append: signals', 'append: clock-or-effect']);
  });

  it('is not if the machine threw: when the task is redone, it may do so no more', async () => {
    const { recorded, task, take } = recordings();
    await take(begun);
    task.nth += 1;
    await take(event('1', 'Counted', { failsUntil: '9999-01-01T00:00:00.000Z' }));
    expect(recorded).toEqual(['append: signals', 'park: clock-or-effect']);
  });
});

describe('what was superseded', () => {
  const standing = { state: { at: 'counting' as const, count: 1, idleAt }, version: 1 };
  const superseding = (times: number) => {
    const told: HostedEntry[] = [];
    const asked = host({
      ...silent,
      record: async (entries) => {
        told.push(...entries);
        return new Map(told.length > times ? [] : [[0, { status: 'superseded' }]]);
      },
    });
    const held = asked.roster.hold(ref);
    held.standing = standing;
    return { ...asked, told, held };
  };

  it('is told again until it is not any more, as it was, whatever came meanwhile', async () => {
    const { journeys, roster, held, deadlines, told } = superseding(2);
    deadlines.set(ref.subject, NOW);
    await expect(journeys.record(journeys.nextTurn(NOW).byClock, 'clock-or-effect')).rejects.toThrow(Superseded);
    roster.receive([{ ref, mayStart: false, events: [event('1')] }]);
    let times = 0;
    for (; journeys.hasUntold; times += 1) await journeys.tellAgain();
    expect(times).toBe(2);
    const [first, ...others] = told;
    for (const other of others)
      expect(other).toEqual({ ...first, request: { ...(first?.kind === 'append' && first.request), retold: true } });
    expect(held.standing).toMatchObject({ state: { at: 'idle' }, version: 2 });
  });

  it.each([
    ['parked', 'park'],
    ['stepped with what was parked', 'append'],
  ])('is loaded first if it was %s', async (_, kind) => {
    const { journeys, held } = superseding(1);
    held.parked = { ids: ['1'], more: false };
    const stepped = stepHeld(counter, held, [event('1')], NOW);
    const step =
      kind === 'append' && stepped !== undefined ? stepped : parking<Counter, Ring>(held, [event('1')], 'jammed', NOW);
    await expect(journeys.record([step], 'signals')).rejects.toThrow(Superseded);
    expect(step.entry.kind).toBe(kind);
    expect(journeys.hasUntold).toBe(false);
    expect(held).toMatchObject({ mustLoad: true, front: [{ eventId: '1' }] });
  });
});
