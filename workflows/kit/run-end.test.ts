import { RunEnd } from './run-end';

/** A run's end at a time that the test sets. */
function runEnd() {
  const at = { ms: 10_000, isTime: false };
  const end = new RunEnd(
    () => at.isTime,
    () => at.ms,
  );
  const held: (() => boolean)[] = [];
  const hold = () =>
    void end.hold(async (holds) => {
      held.push(holds);
      await new Promise<void>(() => undefined);
    });
  return { at, end, hold, held };
}

describe('the end of a run', () => {
  it('is not before its time, and then at once if nothing ever came', () => {
    const { at, end } = runEnd();
    expect([end.mayBe(), end.wakeMs]).toEqual([false, Number.POSITIVE_INFINITY]);
    at.isTime = true;
    expect(end.mayBe()).toBe(true);
  });

  it('waits while signals come, until there were none for a second', () => {
    const { at, end } = runEnd();
    end.received();
    at.isTime = true;
    at.ms += 600;
    end.received();
    at.ms += 600;
    expect([end.mayBe(), end.wakeMs]).toEqual([false, 11_600]);
    at.ms = end.wakeMs;
    expect(end.mayBe()).toBe(true);
  });

  it('comes as soon as a sender is held, which it keeps holding', () => {
    const { at, end, hold, held } = runEnd();
    end.received();
    at.isTime = true;
    expect(end.mayBe()).toBe(false);
    hold();
    expect(end.mayBe()).toBe(true);
    expect(held.map((holds) => holds())).toEqual([false]);
  });

  it('holds nobody who asks before its time', async () => {
    const { at, end } = runEnd();
    await end.hold(async (holds) => expect(holds()).toBe(true));
    end.received();
    at.isTime = true;
    expect(end.mayBe()).toBe(false);
  });
});
