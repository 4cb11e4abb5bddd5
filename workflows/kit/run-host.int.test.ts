import type { StreamRow } from '../../store/types';
import { counterEvents } from '../testing/counter-events';
import { fresh } from '../testing/events';
import { type RealHosts, startRealHosts } from '../testing/real-hosts';
import { refOf } from '../testing/subject-client';
import type { WireEvent } from './wire';

let hosts: RealHosts;
beforeAll(async () => {
  hosts = await startRealHosts();
}, 60_000);
afterAll(() => hosts?.stop(), 30_000);
afterEach(() => {
  hosts.ring = async () => undefined;
});
jest.setTimeout(60_000);

const subjectOf = (key: string): string => refOf('counterJourney', key).subject;
const ids = (events: readonly WireEvent[]): string[] => events.map(({ eventId }) => eventId);

/** One counter's events, numbered. */
function counter() {
  const key = fresh('c');
  const event = counterEvents(key);
  return { key, subject: subjectOf(key), event, begun: event('CountBegun') };
}

/** Waits until `look` answers something. */
async function until<T>(what: string, look: () => Promise<T | undefined | false>, limitMs = 20_000): Promise<T> {
  for (const from = Date.now(); Date.now() - from < limitMs; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Waited in vain for ${what}`);
}

const untilRow = (subject: string, holds: (row: StreamRow) => boolean): Promise<StreamRow> =>
  until(subject, async () => {
    const row = await hosts.store.streams.get(subject);
    return row !== undefined && holds(row) && row;
  });

/** What each move was caused by; `-` for a deadline. */
const causesOf = async (subject: string): Promise<string[]> =>
  (await hosts.store.streams.transitions(subject)).map(({ causes }) => causes[0] ?? '-');

describe.each(['activity', 'local'] as const)('a host of journeys, recording by %s', (recording) => {
  test('loses, repeats and reorders nothing of many journeys while it continues as new and puts most of them away', async () => {
    const host = hosts.host(recording);
    const counters = Array.from({ length: 150 }, () => {
      const { key, subject, event, begun } = counter();
      const counted = Array.from({ length: 12 }, () => event('Counted'));
      return { key, subject, events: [begun, ...counted, event('CountEnded')] };
    });
    await Promise.all(
      counters.map(async ({ key, events }, nth) => {
        await host.send(key, events.slice(0, 1), true);
        for (let sent = 1; sent < events.length; ) {
          const batch = events.slice(sent, sent + 1 + (nth % 4));
          sent += batch.length;
          await host.send(key, batch);
          if (nth % 3 === 0) await host.send(key, events.slice(0, sent), true); // all of it once more
        }
      }),
    );
    for (const { subject, events } of counters) {
      await untilRow(subject, ({ status }) => status === 'closed');
      expect(await causesOf(subject)).toEqual(ids(events));
      expect(await hosts.store.streams.late(subject)).toEqual([]);
    }
    expect(await host.status()).toMatchObject({ stages: {}, waiting: 0 });
    expect((await host.status()).held).toBeLessThanOrEqual(50);
    expect(await host.runs()).toBeGreaterThanOrEqual(2);
    expect(await host.refusedEnds()).toBe(0); // each would stop all of them until the history was read again
  });

  test('keeps deadlines to the second, of journeys in memory and in the store', async () => {
    const host = hosts.host(recording);
    const from = Date.now() + 4_000;
    const counters = Array.from({ length: 200 }, (_, nth) => {
      const { key, subject, event, begun } = counter();
      const idleAt = new Date(from + nth * 10).toISOString();
      return { key, subject, idleAt, events: [begun, event('Counted', { idleAt })] };
    });
    await Promise.all(counters.map(({ key, events }) => host.send(key, events, true)));
    const latenessMs: number[] = [];
    for (const { subject, idleAt, events } of counters) {
      await untilRow(subject, ({ stage }) => stage === 'idle');
      const transitions = await hosts.store.streams.transitions(subject);
      expect(transitions.map(({ causes }) => causes[0] ?? '-')).toEqual([...ids(events), '-']);
      latenessMs.push(Date.parse(transitions.at(-1)?.recordedAt ?? '') - Date.parse(idleAt));
    }
    latenessMs.sort((a, b) => a - b);
    expect(latenessMs[0]).toBeGreaterThanOrEqual(0);
    expect(latenessMs[100]).toBeLessThan(1_000); // most of them: a machine that stands still for a moment delays some
    expect(latenessMs[199]).toBeLessThan(20_000);
    // The store has it before its host has the answer.
    await until('as many counted as idle', async () => (await host.status()).stages['idle'] === 200);
  });

  test('lets an effect that hangs hold up nobody, and starts it again under its key when it continues as new', async () => {
    const host = hosts.host(recording);
    const stuck = counter();
    const rung: string[] = [];
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    hosts.ring = async (key) => {
      if (key.startsWith(stuck.subject)) await released;
      rung.push(key);
    };
    await host.send(stuck.key, [stuck.begun, stuck.event('Counted', { ring: true }), stuck.event('Counted')], true);
    const others = Array.from({ length: 100 }, counter);
    await Promise.all(
      others.map(({ key, begun, event }) =>
        host.send(key, [begun, event('Counted', { ring: true }), event('Counted'), event('CountEnded')], true),
      ),
    );
    await until('the others', async () => rung.length >= 100);
    await untilRow(stuck.subject, ({ version }) => version === 3);
    for (const { subject } of others) {
      await untilRow(subject, ({ stage }) => stage === 'ended');
      expect(rung.filter((key) => key === `${subject}/2/ring`)).toHaveLength(1);
    }
    await until('a new run', async () => (await host.runs()) > 1);
    release();
    await until('the one that hung', async () => rung.includes(`${stuck.subject}/2/ring`));
    await until('no effect', async () => (await host.status()).effects === 0);
  });

  test('performs also the effects that it cannot take along when it continues as new', async () => {
    const host = hosts.host(recording);
    const putAway = jest.spyOn(hosts.store.hosting, 'putAwayEffects');
    const { key, subject, event, begun } = counter();
    const rung = new Set<string>();
    let isOpen = false;
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    // What a run before has begun does not count.
    hosts.ring = async (ringKey) => {
      if (isOpen) rung.add(ringKey);
      else await opened.then(() => Promise.reject(new Error('begun too early')));
    };
    // Each effect takes its correlation id along: about sixty of them fill what a run may carry.
    const first = { ...begun, correlationId: 'c'.repeat(2_000) };
    const rings = Array.from({ length: 120 }, () => event('Counted', { ring: true }));
    const others = Array.from({ length: 100 }, () => event('CountSkipped'));
    for (const batch of [[first, ...rings], others]) await host.send(key, batch, true);
    await until('a new run', async () => (await host.runs()) > 1, 60_000);
    expect(putAway.mock.calls.flatMap(([of, effects]) => (of === host.id ? effects : []))).not.toEqual([]);
    isOpen = true;
    open();
    await until('every effect', async () => rung.size === rings.length, 60_000);
    expect(rung).toEqual(new Set(rings.map((_, nth) => `${subject}/${nth + 2}/ring`)));
    await until('no effect', async () => (await host.status()).effects === 0, 60_000);
    await until('none in the store', async () => (await hosts.store.hosting.effects(host.id, 1)).length === 0, 60_000);
    putAway.mockRestore();
  }, 120_000);

  test('parks alone the journey whose machine throws, and takes its events in order once it throws no more', async () => {
    const host = hosts.host(recording);
    const [jammed, other] = [counter(), counter()];
    const failsUntil = new Date(Date.now() + 3_000).toISOString();
    const events = [jammed.begun, jammed.event('Counted'), jammed.event('Counted', { failsUntil })];
    await host.send(jammed.key, events, true);
    await host.send(other.key, [other.begun, other.event('Counted')], true);
    const parked = await until('the parked journey', async () =>
      (await hosts.store.parking.list({ limit: 100 })).items.find(({ subject }) => subject === jammed.subject),
    );
    expect(parked).toMatchObject({ cause: 'machine-failed', events: 1, target: 'counterJourney', tenantId: 'test' });
    expect(parked).toMatchObject({ host: host.id, message: expect.stringMatching(/\S/) });
    await untilRow(jammed.subject, ({ version }) => version === 2); // what came before it has taken effect
    const behind = jammed.event('Counted');
    await host.send(jammed.key, [behind]);
    await until('the event behind it', async () =>
      (await hosts.store.parking.list({ limit: 100 })).items.some(
        (lane) => lane.subject === jammed.subject && lane.events === 2,
      ),
    );
    await host.send(other.key, [other.event('Counted')]);
    await untilRow(other.subject, ({ version }) => version === 3);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(failsUntil) - Date.now() + 100));
    const last = jammed.event('CountEnded');
    await host.send(jammed.key, [last]);
    await untilRow(jammed.subject, ({ status }) => status === 'closed');
    expect(await causesOf(jammed.subject)).toEqual(ids([...events, behind, last]));
    await until('nothing parked', async () => (await hosts.store.parking.count()).lanes === 0);
  });

  test('goes on as a new chain after it was terminated, with the deadlines that it had, and shows the Web UI how many are in each stage', async () => {
    const host = hosts.host(recording);
    const counters = Array.from({ length: 20 }, counter);
    const idleAt = new Date(Date.now() + 5_000).toISOString();
    await Promise.all(
      counters.map(({ key, begun, event }) => host.send(key, [begun, event('Counted', { idleAt })], true)),
    );
    for (const { subject } of counters) await untilRow(subject, ({ version }) => version === 2);
    const [first, ...rest] = counters;
    await hosts.client.workflow.getHandle(host.id).terminate('test');
    if (first === undefined) throw new Error('no counter');
    const counted = first.event('Counted');
    await host.send(first.key, [counted]);
    await untilRow(first.subject, ({ version }) => version === 3);
    for (const { subject } of rest) await untilRow(subject, ({ stage }) => stage === 'idle');
    await until('as many counted as idle', async () => (await host.status()).stages['idle'] === 19);
    expect(await host.status()).toMatchObject({ stages: { counting: 1, idle: 19 } });
    await until('as many in the Web UI', async () => (await host.details()).includes('- counting: 1\n- idle: 19\n'));
  });

  test('settles each event behind the end of a journey once and in order, in pieces, while more of them come', async () => {
    const host = hosts.host(recording);
    const recordLate = jest.spyOn(hosts.store, 'recordLate');
    const { key, subject, event, begun } = counter();
    const large = (): WireEvent => {
      const counted = event('Counted');
      return { ...counted, data: { text: 'x'.repeat(40_000) } };
    };
    const ended = event('CountEnded');
    const backlog = Array.from({ length: 25 }, large);
    const after = Array.from({ length: 10 }, () => Array.from({ length: 3 }, large));
    await host.send(key, [begun, event('Counted')], true);
    const sent = host.send(key, [ended, ...backlog]);
    for (const events of after) await host.send(key, [...backlog.slice(0, 2), ...events]);
    await sent;
    const expected = ids([...backlog, ...after.flat()]);
    const late = async () => ids((await hosts.store.streams.late(subject)) as WireEvent[]);
    await until('every late event', async () => (await late()).length >= expected.length, 40_000);
    await until('nothing waits', async () => (await host.status()).waiting === 0);
    expect(await late()).toEqual(expected);
    expect(await hosts.store.streams.get(subject)).toMatchObject({ status: 'closed', version: 3 });
    const calls = recordLate.mock.calls.flatMap(([ref, events]) => (ref.subject === subject ? [events] : []));
    expect(calls.length).toBeGreaterThan(1);
    for (const events of calls) expect(JSON.stringify(events).length).toBeLessThan(512 * 1024);
    recordLate.mockRestore();
  });

  test('asks the store about events for journeys that it does not run', async () => {
    const host = hosts.host(recording);
    const [closed, early, elsewhere] = [counter(), counter(), counter()];
    await host.send(closed.key, [closed.begun, closed.event('CountEnded')], true);
    await untilRow(closed.subject, ({ status }) => status === 'closed');
    const late = closed.event('Counted');
    await host.send(closed.key, [closed.begun, late], true);
    await until('the late event', async () => (await hosts.store.streams.late(closed.subject)).length > 0);
    expect(ids((await hosts.store.streams.late(closed.subject)) as WireEvent[])).toEqual([late.eventId]);

    const counted = early.event('Counted');
    await host.send(early.key, [counted]);
    await host.send(early.key, [early.begun], true);
    await untilRow(early.subject, ({ version }) => version === 2);
    expect(await causesOf(early.subject)).toEqual(ids([early.begun, counted]));

    await hosts.store.append({
      ...refOf('counterJourney', elsewhere.key),
      chain: 'a workflow of its own',
      correlationId: elsewhere.key,
      expectedVersion: 0,
      transitions: [{ from: null, to: 'counting', causes: [elsewhere.begun.eventId] }],
      consumed: [{ eventId: elsewhere.begun.eventId, version: 0 }],
      late: [],
      after: { stage: 'counting', state: {}, machineVersion: 1, closed: false },
    });
    await host.send(elsewhere.key, [elsewhere.begun, elsewhere.event('Counted')], true);
    const lane = await until('the parked lane', async () =>
      (await hosts.store.parking.list({ limit: 100 })).items.find(({ subject }) => subject === elsewhere.subject),
    );
    expect(lane).toMatchObject({ cause: 'workflow-gone', events: 1 });
    await hosts.store.parking.tryHold(elsewhere.subject, async (held) =>
      held.remove(ids((await held.events(10)) as WireEvent[])),
    );
  });
});
