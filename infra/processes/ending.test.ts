import { createEnding, INTERRUPTED_EARLY } from './ending';

describe('ending', () => {
  const exits: number[] = [];
  const said: string[] = [];
  beforeEach(() => {
    exits.length = 0;
    said.length = 0;
  });
  const given = () =>
    createEnding(
      (code) => exits.push(code),
      (line) => said.push(line),
    );

  it('is at once while there is nothing to end in order, and says so', () => {
    given().interrupted(130);
    expect(exits).toEqual([130]);
    expect(said).toEqual([INTERRUPTED_EARLY]);
  });

  it('is in order at the first Ctrl-C, and at once at the second', async () => {
    const ending = given();
    const asked = ending.asked();
    ending.interrupted(130);
    expect(await asked).toBe(130);
    expect(exits).toEqual([]);
    ending.interrupted(130);
    expect(exits).toEqual([130]);
    expect(said).toEqual([]);
  });

  it('is in order when a part fails, also when more fail meanwhile', async () => {
    const ending = given();
    const asked = ending.asked();
    ending.failed();
    ending.failed();
    expect(await asked).toBe(1);
    expect(exits).toEqual([]);
  });
});
