import { type Logger, silent } from '@millrace/kafka';
import { toldWhileWaiting } from './while-waiting';

describe('what a process waits for', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is told after a second and every five from then on, until it is there', async () => {
    const told: [unknown, string | undefined][] = [];
    const logger: Logger = { ...silent, warn: (fields: unknown, text?: string) => void told.push([fields, text]) };
    let arrives: (what: string) => void = () => undefined;
    const waiting = toldWhileWaiting(
      logger,
      'Temporal at here:1',
      new Promise<string>((resolve) => {
        arrives = resolve;
      }),
    );
    await jest.advanceTimersByTimeAsync(999);
    expect(told).toEqual([]);
    await jest.advanceTimersByTimeAsync(10_001);
    expect(told).toEqual([1, 6, 11].map((seconds) => [{ seconds }, 'waiting for Temporal at here:1']));
    arrives('answer');
    await expect(waiting).resolves.toBe('answer');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(told).toHaveLength(3);
  });

  it('is told no more when it fails', async () => {
    await expect(toldWhileWaiting(silent, 'nobody', Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(jest.getTimerCount()).toBe(0);
  });
});
