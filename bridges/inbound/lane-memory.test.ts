import { createLaneMemory } from './lane-memory';

describe('the memory of lanes', () => {
  it('keeps the lanes used last', () => {
    const memory = createLaneMemory(2);
    memory.of('a').callsSinceBarrier = 1;
    memory.of('b').callsSinceBarrier = 2;
    memory.of('a');
    memory.of('c');
    expect(memory.size).toBe(2);
    expect(memory.of('a').callsSinceBarrier).toBe(1);
    expect(memory.of('b').callsSinceBarrier).toBe(0);
  });

  it('forgets what was parked, and only that', () => {
    const memory = createLaneMemory(2);
    Object.assign(memory.of('a'), { parked: false, eventsSinceBarrier: 3 });
    const { epoch } = memory;
    memory.forgetParked();
    expect(memory.of('a')).toMatchObject({ parked: undefined, eventsSinceBarrier: 3 });
    expect(memory.epoch).toBeGreaterThan(epoch);
  });
});
