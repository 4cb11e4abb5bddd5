import { counter, type Ring } from '../testing/counter.machine';
import { Deadlines } from './deadlines';
import { HostEffects } from './host-effects';
import { HostJourneys } from './host-journeys';
import { HostSettlings } from './host-settlings';
import type { HostStore } from './host-store';
import { Roster } from './roster';
import { StageCounts } from './stage-counts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const idleAt = new Date(NOW).toISOString();
const ref = { subject: 'c/test/a', tenantId: 'test', key: 'a' };

const unasked = () => Promise.reject(new Error('the store is not asked'));
const store: HostStore<Ring> = {
  open: unasked,
  record: unasked,
  load: unasked,
  due: unasked,
  settle: unasked,
  putAwayEffects: unasked,
  effects: unasked,
  forgetEffects: unasked,
};

function host() {
  const [roster, deadlines] = [new Roster<ReturnType<typeof counter.initial>>(['CountBegun']), new Deadlines()];
  const runtime = { now: () => NOW, warn: () => undefined, sleep: () => Promise.resolve() };
  const effects = new HostEffects<Ring>(unasked, runtime);
  const settlings = new HostSettlings({ roster, deadlines, store });
  const parts = { host: 'c/host-0', roster, deadlines, stages: new StageCounts(), effects, settlings, store, runtime };
  return { roster, deadlines, journeys: new HostJourneys(counter, parts) };
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

  it('steps a journey at its deadline, and loads one that it does not hold', () => {
    const { roster, deadlines, journeys } = host();
    roster.hold(ref).standing = { state: { at: 'counting', count: 1, idleAt }, version: 1 };
    deadlines.set(ref.subject, NOW);
    deadlines.set('c/test/b', NOW);
    const { byClock, toLoad } = journeys.nextTurn(NOW);
    expect(byClock).toMatchObject([{ entry: { kind: 'append', request: { transitions: [{ to: 'idle' }] } } }]);
    expect(toLoad).toEqual(['c/test/b']);
  });
});
