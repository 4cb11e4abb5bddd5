import type { Pending } from './effects';
import { EFFECTS_TAKEN_BACK, StoredEffects } from './stored-effects';

type Ring = Pending<{ readonly name: 'ring' }>;

const ring = (key: string): Ring => ({
  version: 1,
  effect: { name: 'ring' },
  context: { key, tenantId: 'test', correlationId: 'a' },
});
const rings = (from: number, to: number) => Array.from({ length: to - from }, (_, nth) => ring(`k${from + nth}`));
const keys = (effects: readonly Ring[]) => effects.map(({ context }) => context.key);

describe('effects of a host in the store', () => {
  test('bug: what was put away and taken back by the same run was carried by nobody', () => {
    const stored = new StoredEffects<Ring['effect']>(true);
    const underWay = rings(0, 300);
    stored.put(underWay.slice(100));
    expect(keys(stored.without(underWay))).toEqual(keys(underWay.slice(0, 100)));
    stored.takenBack(underWay.slice(100));
    expect(keys(stored.without(underWay))).toEqual(keys(underWay));
  });

  test('stay there for the next run as long as they are not taken back', () => {
    const stored = new StoredEffects<Ring['effect']>(true);
    stored.put(rings(0, 3));
    stored.takenBack(rings(0, 2));
    expect(stored.some).toBe(true);
    expect(keys(stored.without(rings(0, 3)))).toEqual(['k0', 'k1']);
    stored.takenBack([ring('k2')]);
    stored.takenBack([]);
    expect(stored.some).toBe(false);
  });

  test('are taken back while few are under way, until none is left', () => {
    const stored = new StoredEffects<Ring['effect']>(true);
    expect(stored.mayTakeBack(EFFECTS_TAKEN_BACK)).toBe(false);
    expect(stored.mayTakeBack(EFFECTS_TAKEN_BACK - 1)).toBe(true);
    stored.takenBack(rings(0, EFFECTS_TAKEN_BACK));
    expect(stored.mayTakeBack(0)).toBe(true);
    stored.takenBack([ring('large')]);
    expect(stored.mayTakeBack(0)).toBe(true);
    stored.takenBack([]);
    expect(stored.mayTakeBack(0)).toBe(false);
  });

  test('are not looked for by the run that has put them there', () => {
    const stored = new StoredEffects<Ring['effect']>(false);
    expect(stored.some).toBe(false);
    stored.put([ring('a')]);
    expect([stored.some, stored.mayTakeBack(0)]).toEqual([true, false]);
  });
});
