import { timed } from './progress';

describe('a long step', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is told at once, every five seconds, and when it is done', async () => {
    const told: string[] = [];
    const step = timed(
      (line) => told.push(line),
      'waiting',
      () => new Promise<void>((resolve) => setTimeout(resolve, 12_000)),
    );
    expect(told).toEqual(['waiting']);
    await jest.advanceTimersByTimeAsync(60_000);
    await step;
    expect(told).toEqual(['waiting', 'waiting: 5 s so far', 'waiting: 10 s so far', 'waiting: done in 12.0 s']);
  });
});
