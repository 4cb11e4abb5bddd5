import type { Pending } from './effects';
import { CARRY_LIMITS } from './host-carry';
import { StoredEffects } from './stored-effects';

interface Ring {
  readonly name: 'ring';
}

const ring = (nth: number): Pending<Ring> => ({
  version: 1,
  effect: { name: 'ring' },
  context: { key: `k${1_000 + nth}`, tenantId: 'test', correlationId: 'a' },
});
const rings = (from: number, to: number) => Array.from({ length: to - from }, (_, nth) => ring(from + nth));
/** Room for so many. */
const room = (effects: number) => ({ ...CARRY_LIMITS, effects: effects * (JSON.stringify(ring(0)).length + 1) });

/** A host with these under way and these in the store, none of which is ever done. */
function host({ underWay = rings(0, 0), inStore = rings(0, 0), ofRunBefore = true }) {
  const kept = { underWay: [...underWay], inStore: [...inStore] };
  const stored = new StoredEffects<Ring>(
    {
      get size() {
        return kept.underWay.length;
      },
      undone: () => kept.underWay,
      start: (effects) => {
        const known = new Set(kept.underWay.map(({ context }) => context.key));
        kept.underWay.push(...effects.filter(({ context }) => !known.has(context.key)));
      },
    },
    {
      effects: async (limit) => kept.inStore.slice(0, limit),
      putAwayEffects: async (effects) => void kept.inStore.push(...effects),
      forgetEffects: async (effects) => {
        kept.inStore = kept.inStore.filter((each) => !effects.includes(each));
      },
    },
    ofRunBefore,
  );
  return { kept, stored };
}

describe('effects of a host in the store', () => {
  test('are those for which there is no room in what is carried', async () => {
    const { kept, stored } = host({ underWay: rings(0, 300) });
    await stored.putAwayRest(room(100));
    await stored.putAwayRest(room(100)); // once each
    expect(kept.inStore).toEqual(rings(100, 300));
    expect(stored.toCarry(room(300))).toEqual(rings(0, 100));
  });

  test('bug: what was put away and taken back by the same run was carried by nobody', async () => {
    const { kept, stored } = host({ underWay: rings(0, 300) });
    await stored.putAwayRest(room(100));
    await stored.takeBack();
    expect(kept.inStore).toEqual([]);
    expect(stored.toCarry(room(300))).toEqual(rings(0, 300));
  });

  test('stay there for the next run as long as they are not taken back', async () => {
    const { kept, stored } = host({ underWay: rings(0, 300) });
    await stored.putAwayRest(room(0));
    await stored.takeBack();
    expect(kept.inStore).toEqual(rings(200, 300));
    expect(stored.toCarry(room(300))).toEqual(rings(0, 200));
    await stored.takeBack();
    expect(stored.some).toBe(true);
    await stored.takeBack();
    expect(stored.some).toBe(false);
  });

  test('are taken back while few are under way, until none is left', async () => {
    const { kept, stored } = host({ underWay: rings(0, 200), inStore: rings(200, 401) });
    expect(stored.mayTakeBack).toBe(false);
    kept.underWay.pop();
    expect(stored.mayTakeBack).toBe(true);
    await stored.takeBack();
    expect([kept.underWay.length, kept.inStore.length]).toEqual([399, 1]);
    expect(stored.mayTakeBack).toBe(false);
    kept.underWay = [];
    await stored.takeBack();
    kept.underWay = [];
    expect(stored.mayTakeBack).toBe(true);
    await stored.takeBack();
    expect(stored.mayTakeBack).toBe(false);
  });

  test('are not looked for by the run that has put them there', async () => {
    const { stored } = host({ underWay: rings(0, 1), ofRunBefore: false });
    expect(stored.some).toBe(false);
    await stored.putAwayRest(room(0));
    expect([stored.some, stored.mayTakeBack]).toEqual([true, false]);
  });
});
