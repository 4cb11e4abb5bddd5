import type { Sample } from '../report/rows';
import { PeerMissing } from './packages';

interface Measuring<On> {
  readonly ids: readonly string[];
  run(on: On): Promise<readonly Sample[]>;
}

/** Where a peer cannot be had, its rows are there without a figure and say why. */
export const orSkipped = <On>({ ids, run }: Measuring<On>): Measuring<On> => ({
  ids,
  run: async (on) => {
    try {
      return await run(on);
    } catch (failure) {
      if (!(failure instanceof PeerMissing)) throw failure;
      const [reason] = failure.message.split('\n');
      return ids.map((id) => ({ id, value: Number.NaN, note: `skipped: ${reason}` }));
    }
  },
});
