import type { HostedEntry, HostedResult, LoadedSubject, Settling } from '../../activities/recording/hosting.activities';
import { counterContract } from '../testing/counter.contract';
import { counter, type Ring } from '../testing/counter.machine';
import { counterEvent as event } from '../testing/counter-events';
import type { CarriedHost } from './host-carry';
import type { HostRuntime } from './host-runtime';
import { HostShell } from './host-shell';
import type { HostStore } from './host-store';
import type { HostInput, LaneBatch, WireEvent } from './wire';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');

const begins = (key: string, events: readonly WireEvent[] = [event(key, 'CountBegun')]): LaneBatch => ({
  ref: { subject: `counterJourney/test/${key}`, tenantId: 'test', key },
  mayStart: true,
  events,
});

/** One turn over what is received, and then time to continue; answers what the next run begins with. */
async function lastTurn(batches: readonly LaneBatch[], store: Partial<HostStore<Ring>>): Promise<HostInput> {
  const never = new Promise<never>(() => undefined);
  return new Promise((continued, failed) => {
    const runtime: HostRuntime = {
      now: () => NOW,
      task: () => 1,
      until: (holds) => (holds() ? Promise.resolve() : never),
      sleep: () => never,
      alarm: () => ({ set: () => undefined }),
      suggestsContinue: () => true,
      continueAsNew: (input) => {
        continued(input);
        return never;
      },
      details: () => undefined,
      warn: () => undefined,
    };
    const empty: HostStore<Ring> = {
      open: async () => ({ stages: {} }),
      record: async () => new Map(),
      load: async () => [],
      due: async () => [],
      settle: async () => undefined,
      putAwayEffects: async () => undefined,
      effects: async () => [],
      forgetEffects: async () => undefined,
    };
    const journey = {
      contract: counterContract,
      policy: async () => ({}),
      machine: () => counter,
      perform: () => never,
    };
    const input = { host: 'counterJourney/host-0', target: 'counterJourney' };
    const shell = new HostShell(journey, input, { runtime, store: { ...empty, ...store } });
    shell.receive(batches);
    void shell.barrier();
    shell.run().catch(failed);
  });
}

const ringing = (key: string) =>
  begins(key, [event(`${key}-begun`, 'CountBegun'), { ...event(key, 'Counted'), data: { ring: true } }]);

/** As the store has it. */
const counting = (subjects: readonly string[], version: number): LoadedSubject[] =>
  subjects.map((subject) => ({
    subject,
    stream: {
      tenantId: 'test',
      key: subject,
      chain: 'counterJourney/host-0',
      version,
      status: 'open',
      stage: 'counting',
      state: { at: 'counting', count: version - 1, idleAt: null },
      machineVersion: counter.version,
      correlationId: 'a',
    },
  }));

const carriedKeys = ({ carried }: HostInput) =>
  (carried as CarriedHost<unknown, Ring>).effects.map(({ context }) => context.key);

describe('a host that was told of a newer chain', () => {
  /** Two journeys, of which `a` is superseded once and then answered so. */
  async function supersededOnce(...then: HostedResult[]) {
    const told: (readonly HostedEntry[])[] = [];
    const calls: string[] = [];
    const answers: HostedResult[] = [{ status: 'superseded' }, ...then];
    const next = await lastTurn([ringing('a'), ringing('b')], {
      open: async () => {
        calls.push('open');
        return { stages: { counting: calls.length } };
      },
      record: async (entries, causedBy) => {
        calls.push(causedBy);
        told.push(entries);
        const answer = answers.shift();
        return new Map(answer && [[0, answer]]);
      },
      load: async (subjects) => counting(subjects, 2),
    });
    return { told, calls, carried: next.carried, keys: carriedKeys(next) };
  }

  it('bug: what had been recorded by a lost task was found as a duplicate, and its effects were never performed', async () => {
    const { told, calls, carried, keys } = await supersededOnce();
    expect(calls).toEqual(['open', 'signals', 'open', 'clock-or-effect', 'open']);
    const [[first] = [], again = []] = told;
    expect(again).toEqual([
      { ...first, request: { ...(first?.kind === 'append' ? first.request : {}), retold: true } },
    ]);
    expect(keys).toEqual(['counterJourney/test/b/2/ring', 'counterJourney/test/a/2/ring']);
    expect(carried).toMatchObject({ waiting: [], standing: [] });
  });

  it('performs nothing of what stands otherwise: its events are taken after its state was loaded', async () => {
    const duplicates: HostedResult = { status: 'duplicates', eventIds: ['a-begun', 'a'] };
    const { told, keys } = await supersededOnce({ status: 'known' }, { status: 'known' }, duplicates);
    expect(keys).toEqual(['counterJourney/test/b/2/ring']);
    expect(told.slice(2)).toMatchObject([
      [{ request: { expectedVersion: 0, fresh: true } }],
      [{ request: { expectedVersion: 2 } }],
    ]);
  });
});

describe('a host that continues as new', () => {
  it('bug: lost what it had to settle when the same turn had told it of a newer chain', async () => {
    const settled: string[] = [];
    const answers: [number, HostedResult][][] = [
      [
        [0, { status: 'superseded' }],
        [1, { status: 'foreign-chain', chain: 'another', closed: false }],
      ],
    ];
    await lastTurn([begins('a'), begins('b')], {
      record: async () => new Map(answers.shift()),
      settle: async (settlings: readonly Settling[]) => {
        settled.push(...settlings.flatMap(({ events }) => events.map(({ eventId }) => eventId)));
      },
    });
    expect(settled).toEqual(['b']);
  });

  it('bug: ended before it had stepped what was ready: a lost task had recorded that, and its effects were never performed', async () => {
    const [, counted] = ringing('a').events;
    const next = await lastTurn([{ ...begins('a', counted && [counted]), mayStart: false }], {
      load: async (subjects) => counting(subjects, 1),
    });
    expect(next.carried).toMatchObject({ waiting: [] });
    expect(carriedKeys(next)).toEqual(['counterJourney/test/a/2/ring']);
  });

  it('bug: put all effects that it cannot carry into the store by one call, which the server refuses above 2 MiB', async () => {
    const putAway: (readonly { readonly context: { readonly key: string } }[])[] = [];
    const rings = Array.from(
      { length: 250 },
      (_, nth): WireEvent => ({
        ...event(`r${nth}`, 'Counted'),
        data: { ring: true },
      }),
    );
    const begun = { ...event('b', 'CountBegun'), correlationId: 'c'.repeat(4_000) };
    const next = await lastTurn([begins('a', [begun, ...rings])], {
      putAwayEffects: async (effects) => void putAway.push(effects),
    });
    expect(putAway.length).toBeGreaterThan(1);
    for (const effects of putAway) expect(JSON.stringify(effects).length).toBeLessThan(300 * 1024);
    expect(next.carried).toMatchObject({ effectsInStore: true });
    const keys = [...carriedKeys(next), ...putAway.flat().map(({ context }) => context.key)];
    expect(keys).toEqual(rings.map((_, nth) => `counterJourney/test/a/${nth + 2}/ring`));
  });
});
