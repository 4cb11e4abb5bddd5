import { condition, defineSignal, proxyLocalActivities, setHandler } from '@temporalio/workflow';

export interface SlowActivities {
  slow(value: number): Promise<number>;
}

const { slow } = proxyLocalActivities<SlowActivities>({ startToCloseTimeout: '10s' });
const value = defineSignal<[number]>('value');

/** Facts: versions 1.23.0 and 1.24.0 of the SDK lose work of this workflow when many signals are buffered. */
export async function oneLocalActivityPerSignal(expected: number): Promise<number[]> {
  const waiting: number[] = [];
  const done: number[] = [];
  setHandler(value, (received) => {
    waiting.push(received);
  });
  while (done.length < expected) {
    await condition(() => waiting.length > 0);
    for (const next of waiting.splice(0)) done.push(await slow(next));
  }
  return done;
}
