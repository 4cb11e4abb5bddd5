import { cpuTimes } from './cpu';
import { pause, until } from './until';

const LOOK_MS = 500;
/** Of one look: what a worker's polls take is less. */
const BUSY_MS = 25;
const LOOKS = 3;
const WITHOUT_PROC_MS = 6_000;
const LIMIT_MS = 60_000;

/** Resolves once a worker has had nothing to do for a while: the workflows have taken what was sent to them. */
export async function untilCalm(worker: number): Promise<void> {
  const used = () => cpuTimes({ worker })?.['worker'];
  let before = used();
  if (before === undefined) return pause(WITHOUT_PROC_MS);
  let calm = 0;
  const hasCalmed = async () => {
    await pause(LOOK_MS);
    const now = used() ?? 0;
    calm = now - (before ?? 0) < BUSY_MS ? calm + 1 : 0;
    before = now;
    return calm === LOOKS;
  };
  await until(hasCalmed, { what: 'the worker to take what was sent', limitMs: LIMIT_MS, everyMs: 0 });
}
