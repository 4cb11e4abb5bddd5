import { condition, defineSignal, setHandler } from '@temporalio/workflow';

/** Takes signals until it is told to end; answers how many. */
export async function signalSink(): Promise<number> {
  let taken = 0;
  let over = false;
  setHandler(defineSignal<[object]>('event'), () => {
    taken += 1;
  });
  setHandler(defineSignal('end'), () => {
    over = true;
  });
  await condition(() => over);
  return taken;
}
