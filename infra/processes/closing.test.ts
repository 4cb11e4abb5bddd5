import { createClosing } from './closing';

describe('closing', () => {
  it('closes in the reverse order, each one although another fails, and once', async () => {
    const closed: string[] = [];
    const closing = createClosing();
    closing.add('pool', () => closed.push('pool'));
    closing.add('producer', () => Promise.reject(new Error('gone')));
    closing.add('consumer', () => closed.push('consumer'));
    await expect(closing.close()).rejects.toThrow('producer did not close in order');
    await expect(closing.close()).rejects.toThrow();
    expect(closed).toEqual(['consumer', 'pool']);
  });

  it('names what it hangs on when its time is over', async () => {
    const closing = createClosing();
    closing.add('pool', () => undefined);
    closing.add('worker', () => new Promise(() => undefined));
    closing.add('bridge', () => undefined);
    await expect(closing.close(20)).rejects.toThrow('worker did not close within 0.02 s');
  });
});
