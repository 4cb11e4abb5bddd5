import { fakeClock } from '../test/fake-clock';
import { createWatchdog } from './watchdog';

describe('the watchdog', () => {
  it('calls once after silence, and not while it hears something', async () => {
    const clock = fakeClock();
    const silent = jest.fn();
    const watchdog = createWatchdog(clock, 1_000, silent);
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(900);
      watchdog.alive();
    }
    expect(silent).not.toHaveBeenCalled();
    await clock.advance(999);
    expect(silent).not.toHaveBeenCalled();
    await clock.advance(5_000);
    expect(silent).toHaveBeenCalledTimes(1);
  });

  it('is quiet once stopped', async () => {
    const clock = fakeClock();
    const silent = jest.fn();
    createWatchdog(clock, 1_000, silent).stop();
    await clock.advance(5_000);
    expect(silent).not.toHaveBeenCalled();
  });
});
