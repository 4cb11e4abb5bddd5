import type { Deadlines } from './deadlines';
import type { HostEffects } from './host-effects';
import type { HostRuntime } from './host-runtime';
import type { HostSettlings } from './host-settlings';
import type { HostStore } from './host-store';
import type { Roster } from './roster';
import type { StageCounts } from './stage-counts';

/** What a host knows of its journeys, and whom it asks. */
export interface HostParts<State, Effect> {
  readonly host: string;
  readonly roster: Roster<State>;
  readonly deadlines: Deadlines;
  readonly stages: StageCounts;
  readonly effects: HostEffects<Effect>;
  readonly settlings: HostSettlings<State>;
  readonly store: HostStore<Effect>;
  readonly runtime: Pick<HostRuntime, 'now' | 'task' | 'warn'>;
}
