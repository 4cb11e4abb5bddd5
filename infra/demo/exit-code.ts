/** What an interrupted demo exits with as long as there is no verdict. */
export const INTERRUPTED = 130;

/**
 * The demo's exit code: the verdict (0 or 1), also when the demo stayed up and a Ctrl-C ended it.
 * Before the verdict, and when a part of the platform failed, it is the code of what was asked for.
 */
export function exitCode(verdict: Promise<number>, asked: Promise<number>, stay: boolean): Promise<number> {
  let known: number | undefined;
  const ended = asked.then((code) => (code === INTERRUPTED && known !== undefined ? known : code));
  const played = verdict.then((code) => {
    known = code;
    return stay ? ended : code;
  });
  return Promise.race([played, ended]);
}
