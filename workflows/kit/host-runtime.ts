import type { HostInput } from './wire';

/** What a host needs of whatever runs it: a Temporal workflow, or the simulation. */
export interface HostRuntime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Another number in each workflow task: what was done in an earlier one is never redone. */
  task(): number;
  /** Resolves when it holds. */
  until(holds: () => boolean): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** One timer for whatever comes next: `set` takes milliseconds since the epoch, and counts only if it is earlier. */
  alarm(ring: () => void): { set(atMs: number): void };
  /** The history has grown so long that another run should go on. */
  suggestsContinue(): boolean;
  /** Ends this run; the next one begins with this input. */
  continueAsNew(input: HostInput): Promise<never>;
  /** For people, in the Web UI. */
  details(text: string): void;
  /** For people, in the log. */
  warn(message: string, facts: object): void;
}
