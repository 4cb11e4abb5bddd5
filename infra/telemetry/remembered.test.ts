import { remembered } from './remembered';

describe('a remembered answer', () => {
  const asked: ((answer: string | Error) => void)[] = [];
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      asked.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  let at = 0;
  const now = () => at;
  beforeEach(() => {
    asked.length = 0;
    at = 0;
  });

  it('is asked for once by many, and again when it is too old', async () => {
    const read = remembered(ask, { forMs: 100, withinMs: 1_000, now });
    const both = [read(), read()];
    asked[0]?.('one');
    expect(await Promise.all(both)).toEqual(['one', 'one']);
    at = 99;
    expect(await read()).toBe('one');
    expect(asked).toHaveLength(1);
    at = 100;
    const later = read();
    asked[1]?.('two');
    expect(await later).toBe('two');
  });

  it('keeps nobody waiting, and is not asked for beside itself', async () => {
    const read = remembered(ask, { forMs: 100, withinMs: 1, now });
    expect(await read()).toBeUndefined();
    expect(await read()).toBeUndefined();
    expect(asked).toHaveLength(1);
    asked[0]?.('late');
    await new Promise(setImmediate);
    expect(await read()).toBe('late');
  });

  it('is none after a failure, not the one from before', async () => {
    const read = remembered(ask, { forMs: 100, withinMs: 1_000, now });
    const first = read();
    asked[0]?.('one');
    await first;
    at = 200;
    const failed = read();
    asked[1]?.(new Error('gone'));
    expect(await failed).toBeUndefined();
  });
});
