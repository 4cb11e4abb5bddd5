import fc from 'fast-check';
import { Deadlines } from './deadlines';

describe('deadlines', () => {
  test('come out in order of their instants, the latest word about each subject', () => {
    const change = fc.record({
      subject: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      atMs: fc.integer({ min: 0, max: 50 }),
    });
    const step = fc.oneof(
      change,
      fc.record({ nowMs: fc.integer({ min: 0, max: 50 }), limit: fc.integer({ min: 1, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const deadlines = new Deadlines();
        const plain = new Map<string, number>();
        for (const each of steps) {
          if ('subject' in each) {
            const atMs = each.atMs === 50 ? Number.POSITIVE_INFINITY : each.atMs;
            deadlines.set(each.subject, atMs);
            if (atMs === Number.POSITIVE_INFINITY) plain.delete(each.subject);
            else plain.set(each.subject, atMs);
          } else {
            const due = [...plain.values()].filter((atMs) => atMs <= each.nowMs).sort((a, b) => a - b);
            const taken = deadlines.takeDue(each.nowMs, each.limit);
            expect(taken.map((subject) => plain.get(subject))).toEqual(due.slice(0, each.limit));
            for (const subject of taken) plain.delete(subject);
          }
          expect(deadlines.next()).toBe(Math.min(Number.POSITIVE_INFINITY, ...plain.values()));
          expect(deadlines.size).toBe(plain.size);
        }
      }),
    );
  });

  test('of a subject that moves often do not pile up', () => {
    const deadlines = new Deadlines();
    for (let atMs = 0; atMs < 10_000; atMs += 1) deadlines.set('a', 20_000 - atMs);
    expect(JSON.stringify(deadlines).length).toBeLessThan(10_000);
    expect(deadlines.takeDue(20_000, 10)).toEqual(['a']);
  });
});
