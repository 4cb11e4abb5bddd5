import type { Pending } from './effects';

/** Read from the store at a time, and only while fewer are under way. */
export const EFFECTS_TAKEN_BACK = 200;

/** Which of a host's effects are in the store: the others have to be carried over continue-as-new, or they are lost. */
export class StoredEffects<Effect> {
  /** Keys of what this run has put into the store and not taken back. */
  private readonly putAway = new Set<string>();

  /** @param ofRunBefore effects of a run before this one may wait in the store */
  constructor(private ofRunBefore: boolean) {}

  get some(): boolean {
    return this.ofRunBefore || this.putAway.size > 0;
  }

  mayTakeBack(underWay: number): boolean {
    return this.ofRunBefore && underWay < EFFECTS_TAKEN_BACK;
  }

  /** These were read from the store, to be performed by this run, and are about to be removed from there. */
  takenBack(found: readonly Pending<Effect>[]): void {
    this.ofRunBefore = found.length > 0; // however few: their size is bounded, too
    // What this run has put there may be among them: from now on it is here only.
    for (const { context } of found) this.putAway.delete(context.key);
  }

  put(effects: readonly Pending<Effect>[]): void {
    for (const { context } of effects) this.putAway.add(context.key);
  }

  /** Those that are not in the store. */
  without(undone: readonly Pending<Effect>[]): Pending<Effect>[] {
    return undone.filter(({ context }) => !this.putAway.has(context.key));
  }
}
