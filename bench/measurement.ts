import type { Sample } from './report/rows';
import type { Stage } from './stage';

/** One figure or several that are taken together. */
export interface Measurement {
  /** Of the rows that it gives. */
  readonly ids: readonly string[];
  /** In the first round only: it takes long. */
  readonly once?: boolean;
  run(stage: Stage): Promise<readonly Sample[]>;
}
