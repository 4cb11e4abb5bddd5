import type { HeldLane } from '../../store/store';
import { createHostingActivities, type HostedEntry, type HostingStore } from './hosting.activities';

const unasked = (): never => {
  throw new Error('not asked for');
};

/** A store that answers so when journeys are parked, and notes for which chain they were. */
function activitiesOn(
  answers: readonly Awaited<ReturnType<HostingStore['hosting']['park']>>[],
  tryHold: HostingStore['parking']['tryHold'] = unasked,
) {
  const chains: string[] = [];
  const left = [...answers];
  const park: HostingStore['hosting']['park'] = async ({ chain }) => {
    chains.push(chain);
    return left.shift() ?? 'parked';
  };
  const others = ['open', 'load', 'due', 'unpark', 'putAwayEffects', 'effects', 'forgetEffects'] as const;
  const hosting = { ...Object.fromEntries(others.map((name) => [name, unasked])), park } as HostingStore['hosting'];
  const store = { appendMany: async () => [], recordLate: unasked, settleForeign: unasked, hosting };
  return { chains, activities: createHostingActivities({ store: { ...store, parking: { tryHold } } }) };
}

const parking = (key: string): HostedEntry => ({
  kind: 'park',
  ref: { subject: `t/acme/${key}`, tenantId: 'acme', key },
  events: [],
  message: 'jammed',
  retryAt: '2030-01-01T00:00:00.000Z',
});

describe('what a host settles', () => {
  it('waits in its lane for a start that never came, under a cause of its own', async () => {
    const parked: unknown[] = [];
    const lane = {
      park: async (...given: Parameters<HeldLane['park']>) => void parked.push(given),
    } as HeldLane; // all that settling asks of it
    const { activities } = activitiesOn([], async (_, work) => ({ value: await work(lane) }));
    const ref = { subject: 't/acme/a', tenantId: 'acme', key: 'a' };
    await activities.settleHosted('t', [{ why: 'early', ref, events: [] }], false);
    expect(parked).toEqual([[{ ...ref, target: 't' }, [], 'start-missing']]);
  });
});

describe('what a host records', () => {
  it('is refused of an older chain also when it parks a journey, and is done when the journey took all of it', async () => {
    const { chains, activities } = activitiesOn(['parked', 'superseded', 'taken']);
    const ref = { host: 't/host-1', chain: 'run-1', target: 't' };
    const answers = await activities.recordHosted(ref, [parking('a'), parking('b'), parking('c')]);
    expect(answers).toEqual([[1, { status: 'superseded' }]]);
    expect(chains).toEqual(['run-1', 'run-1', 'run-1']);
  });
});
