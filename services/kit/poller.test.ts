import { silent } from '@millrace/kafka';
import { createPoller, pauseAfterFailure, pauseWhenIdle, type Round } from './poller';

describe('a poller', () => {
  it.each([
    [1, undefined, 20],
    [2, undefined, 40],
    [7, undefined, 1_000],
    [5_000, undefined, 1_000],
    [7, 300.2, 301],
    [7, -5, 0],
    [1, 300, 20],
  ])('pauses after %d idle rounds, with work due in %s ms, for %d ms', (rounds, nextMs, pause) => {
    expect(pauseWhenIdle(rounds, nextMs)).toBe(pause);
  });

  it('backs off after failures up to five seconds, spread over the upper half', () => {
    expect(pauseAfterFailure(1, () => 0)).toBe(50);
    expect(pauseAfterFailure(3, () => 1)).toBe(400);
    expect(pauseAfterFailure(5_000, () => 1)).toBe(5_000);
  });

  it('looks at once when it is woken, also if it was at work then', async () => {
    let rounds = 0;
    let wokenAt = 0;
    let seen = () => {};
    const after = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const work = async (): Promise<Round> => {
      rounds += 1;
      if (rounds === 7) {
        wokenAt = Date.now(); // the next pause would be a second
        poller.wake();
      }
      if (rounds === 8) seen();
      return { found: false };
    };
    const poller = createPoller({ name: 'test', work, logger: silent });
    poller.start();
    await after;
    expect(Date.now() - wokenAt).toBeLessThan(800);
    await poller.stop();
  });

  it('goes on after a failure', async () => {
    let rounds = 0;
    let goneOn = () => {};
    const again = new Promise<void>((resolve) => {
      goneOn = resolve;
    });
    const work = async (): Promise<Round> => {
      rounds += 1;
      if (rounds === 1) throw new Error('once');
      goneOn();
      return { found: false };
    };
    const poller = createPoller({ name: 'test', work, logger: silent, random: () => 0 });
    poller.start();
    await again;
    await poller.stop();
    expect(rounds).toBe(2);
  });
});
