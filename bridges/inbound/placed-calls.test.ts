import type { Placement } from '../../store/types';
import { own, pooled } from '../../workflows/kit/contract';
import { hostingsOf } from './hosted-workflows';
import { createPlacedCalls } from './placed-calls';
import { createPlacementBook, placementFor } from './placement-book';
import { subjectRef } from './subject';
import { placed as start, target } from './testing/bridge-parts';

const journey = { ...target, target: 'journey', hosting: pooled({ hosts: 4 }) };
const ref = subjectRef('journey', 'acme', 'k-1');
const events = [start().event];

/** A store of placements in memory; `asked` tells each statement. */
function placements(known: Record<string, Placement> = {}) {
  const rows = new Map(Object.entries(known));
  const asked: string[] = [];
  const found = (subjects: Iterable<string>) => {
    const entries = [...subjects].flatMap((subject): [string, Placement][] => {
      const place = rows.get(subject);
      return place === undefined ? [] : [[subject, place]];
    });
    return new Map(entries);
  };
  return {
    rows,
    asked,
    find: async (subjects: readonly string[]) => {
      asked.push(`find ${subjects.length}`);
      return found(subjects);
    },
    place: async (wanted: ReadonlyMap<string, Placement>) => {
      asked.push(`place ${wanted.size}`);
      for (const [subject, place] of wanted) if (!rows.has(subject)) rows.set(subject, place);
      return found(wanted.keys());
    },
  };
}

function given(known: Record<string, Placement> = {}) {
  const made: string[] = [];
  const store = placements(known);
  const taken =
    (kind: string) =>
    async ({ subject }: { readonly subject: string }) => {
      made.push(`own ${kind} ${subject}`);
      return 'taken' as const;
    };
  const calls = createPlacedCalls({
    own: { signal: taken('signal'), signalWithStart: taken('start'), barrier: taken('barrier') },
    placements: createPlacementBook(store),
    hostingOf: (name) => (name === 'journey' ? journey.hosting : undefined),
    mailboxOf: (host) => ({
      put: async ({ ref: { subject }, mayStart }) =>
        void made.push(`${host} ${mayStart ? 'start' : 'signal'} ${subject}`),
    }),
  });
  return { calls, made, ...store };
}

describe('calls to where a subject lives', () => {
  it('place what may start, and find it there again', async () => {
    const { calls, made, asked, rows } = given();
    await expect(calls.signalWithStart(ref, journey, events)).resolves.toBe('taken');
    await expect(calls.signal(ref, events)).resolves.toBe('taken');
    await expect(calls.barrier(ref, 100)).resolves.toBe('taken');
    const { host } = placementFor(ref.subject, 'journey', journey.hosting);
    expect(host).toMatch(/^journey\/host-[0-3]$/);
    expect(rows.get(ref.subject)).toEqual({ host });
    expect(made).toEqual([`${host} start ${ref.subject}`, `${host} signal ${ref.subject}`]);
    expect(asked).toEqual(['place 1']);
  });

  it('leave a subject where it is, whatever new ones get', async () => {
    const { calls, made } = given({ [ref.subject]: { host: null } });
    await calls.signalWithStart(ref, journey, events);
    await calls.signal(ref, events);
    await calls.barrier(ref, 100);
    expect(made).toEqual([`own start ${ref.subject}`, `own signal ${ref.subject}`, `own barrier ${ref.subject}`]);
    const elsewhere = given({ [ref.subject]: { host: 'journey/host-99' } });
    await elsewhere.calls.signal(ref, events);
    expect(elsewhere.made).toEqual([`journey/host-99 signal ${ref.subject}`]);
  });

  it('meet nobody where nothing has a place, each time anew', async () => {
    const { calls, made, rows } = given();
    await expect(calls.signal(ref, events)).resolves.toBe('not-found');
    await expect(calls.barrier(ref, 100)).resolves.toBe('not-found');
    expect(made).toEqual([]);
    rows.set(ref.subject, { host: null }); // another bridge has placed it meanwhile
    await expect(calls.signal(ref, events)).resolves.toBe('taken');
  });

  it('go to sagas without asking for a place', async () => {
    const { calls, made, asked } = given();
    const saga = subjectRef('orderSaga', 'acme', 'o-1');
    await calls.signalWithStart(saga, target, events);
    await calls.signal(saga, events);
    await calls.barrier(saga, 100);
    expect(made).toHaveLength(3);
    expect(asked).toEqual([]);
  });
});

describe('the book of placements', () => {
  it('asks for many subjects in few statements', async () => {
    const store = placements();
    const book = createPlacementBook(store);
    const subjects = Array.from({ length: 1_200 }, (_, nth) => `journey/acme/${nth}`);
    await Promise.all(subjects.map((subject) => book.place(subject, { host: null })));
    expect(store.asked).toEqual(['place 500', 'place 500', 'place 200']);
    await Promise.all(subjects.map((subject) => book.find(subject)));
    expect(store.asked).toHaveLength(3);
  });

  it('forgets the one that was not asked about for longest', async () => {
    const store = placements({ a: { host: null }, b: { host: null }, c: { host: null } });
    const book = createPlacementBook(store, 2);
    for (const subject of ['a', 'b', 'a', 'c', 'a', 'b']) await book.find(subject);
    expect(store.asked).toHaveLength(4);
  });

  it('tells everybody who asked that the store is away, and asks again', async () => {
    const store = placements({ a: { host: null } });
    let away = true;
    const book = createPlacementBook({
      ...store,
      find: async (subjects) => {
        if (away) throw new Error('away');
        return store.find(subjects);
      },
    });
    const failed = await Promise.allSettled([book.find('a'), book.find('b')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    away = false;
    expect(await book.find('a')).toEqual({ host: null });
  });
});

describe('hosting', () => {
  it('is what the contract says, unless the deployment chooses otherwise', () => {
    const targets = [target, journey];
    expect([...hostingsOf(targets, new Map())]).toEqual([['journey', journey.hosting]]);
    expect([...hostingsOf(targets, new Map([['journey', own]]))]).toEqual([['journey', own]]);
  });

  it('cannot be chosen for a saga, nor for what is not there', () => {
    for (const name of ['orderSaga', 'nobody']) {
      expect(() => hostingsOf([target, journey], new Map([[name, own]]))).toThrow(`HOSTING names ${name}`);
    }
  });
});
