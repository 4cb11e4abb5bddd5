import type { Sample } from '../report/rows';
import { PeerMissing } from './packages';

interface Measuring<On> {
  readonly ids: readonly string[];
  run(on: On): Promise<readonly Sample[]>;
}

/** Where a peer cannot be had, its rows are there without a figure and say why. */
export const orSkipped = <On, More>(measuring: Measuring<On> & More): Measuring<On> & More => ({
  ...measuring,
  run: async (on: On) => {
    try {
      return await measuring.run(on);
    } catch (failure) {
      if (!(failure instanceof PeerMissing)) throw failure;
      const [reason] = failure.message.split('\n');
      return measuring.ids.map((id) => ({ id, value: Number.NaN, note: `skipped: ${reason}` }));
    }
  },
});
