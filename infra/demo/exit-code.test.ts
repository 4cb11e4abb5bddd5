import { exitCode, INTERRUPTED } from './exit-code';

const never = new Promise<number>(() => {});
const agrees = Promise.resolve(0);
const disagrees = Promise.resolve(1);
/** Comes when all that is ready by now has been taken. */
const later = (code: number) => new Promise<number>((resolve) => setImmediate(resolve, code));

describe('the exit code of the demo', () => {
  it('is the verdict', async () => {
    expect(await exitCode(agrees, never, false)).toBe(0);
    expect(await exitCode(disagrees, never, false)).toBe(1);
  });

  it('is the verdict also when the demo stayed up until Ctrl-C', async () => {
    expect(await exitCode(agrees, later(INTERRUPTED), true)).toBe(0);
    expect(await exitCode(disagrees, later(INTERRUPTED), true)).toBe(1);
  });

  it('is that of an interruption before the verdict', async () => {
    expect(await exitCode(never, later(INTERRUPTED), true)).toBe(INTERRUPTED);
  });

  it('is 1 when a part failed, before the verdict and after it', async () => {
    expect(await exitCode(never, later(1), false)).toBe(1);
    expect(await exitCode(agrees, later(1), true)).toBe(1);
  });

  it('tells of a stream that could not be played', async () => {
    await expect(exitCode(Promise.reject(new Error('no file')), never, true)).rejects.toThrow('no file');
  });
});
