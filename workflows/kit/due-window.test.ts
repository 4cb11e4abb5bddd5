import { Deadlines } from './deadlines';
import { DueWindow } from './due-window';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const at = (ms: number): string => new Date(NOW + ms).toISOString();
const MINUTE = 60_000;

/** A window on a store that holds these deadlines. */
function on(stored: readonly { subject: string; at: string }[], held: readonly string[] = []) {
  const deadlines = new Deadlines();
  const pages: unknown[] = [];
  const window = new DueWindow(
    deadlines,
    async (page) => {
      pages.push(page);
      const { after, until, limit } = page;
      return stored
        .filter(
          (each) =>
            each.at <= until &&
            (after === undefined || each.at > after.at || (each.at === after.at && each.subject > after.subject)),
        )
        .slice(0, limit);
    },
    (subject) => held.includes(subject),
  );
  return { deadlines, window, pages };
}

describe('the window of deadlines', () => {
  test('knows those of the next minutes, those long past as well, and none of journeys in memory', async () => {
    const stored = [
      { subject: 'past', at: at(-3_600_000) },
      { subject: 'held', at: at(1_000) },
      { subject: 'soon', at: at(2_000) },
      { subject: 'later', at: at(60 * MINUTE) },
    ];
    const { deadlines, window } = on(stored, ['held']);
    expect(window.nextMs).toBeLessThan(NOW);
    await window.read(NOW);
    expect(deadlines.takeDue(NOW + 10 * MINUTE, 10)).toEqual(['past', 'soon']);
    expect(window.nextMs).toBe(NOW + 9 * MINUTE);
    expect([window.covers(NOW + 10 * MINUTE), window.covers(NOW + 11 * MINUTE)]).toEqual([true, false]);
    await window.read(NOW + 55 * MINUTE);
    expect(deadlines.takeDue(NOW + 60 * MINUTE, 10)).toEqual(['later']);
  });

  test('grows where little is due, so that an idle host is idle', async () => {
    const { window, pages } = on([]);
    for (let nowMs = NOW; nowMs < NOW + 10 * 24 * 60 * MINUTE; nowMs = window.nextMs) await window.read(nowMs);
    expect(pages.length).toBeLessThan(25);
    expect(window.nextMs).toBeLessThan(NOW + 12 * 24 * 60 * MINUTE);
  });

  test('is read page by page where much is due', async () => {
    const stored = Array.from({ length: 2_500 }, (_, nth) => ({
      subject: `s${String(nth).padStart(4, '0')}`,
      at: at(0),
    }));
    const { deadlines, window, pages } = on(stored);
    for (let read = 0; read < 3; read += 1) {
      expect(window.nextMs).toBeLessThanOrEqual(NOW);
      await window.read(NOW);
    }
    expect(deadlines.takeDue(NOW, 5_000)).toHaveLength(2_500);
    expect(window.nextMs).toBeGreaterThan(NOW);
    expect(pages).toHaveLength(3);
  });

  test('covers what leaves the memory while the store is asked', async () => {
    const deadlines = new Deadlines();
    let answer: () => void = () => undefined;
    const window = new DueWindow(
      deadlines,
      () => new Promise((resolve) => (answer = () => resolve([]))),
      () => false,
    );
    const read = window.read(NOW);
    expect(window.covers(NOW + 10 * MINUTE)).toBe(true);
    answer();
    await read;
    window.readAgain();
    expect(window.nextMs).toBe(Number.NEGATIVE_INFINITY);
  });
});
