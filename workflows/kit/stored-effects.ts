import { chunksOf, ONE_CALL } from './chunks';
import type { Pending } from './effects';
import { type CarryLimits, effectsToCarry } from './host-carry';
import type { HostEffects } from './host-effects';
import type { HostStore } from './host-store';

/** Read from the store at a time, and only while fewer are under way. */
const TAKEN_BACK_AT_ONCE = 200;
const PUT_AWAY_AT_ONCE = { items: 400, characters: ONE_CALL };

/** Which of a host's effects are in the store: the others have to be carried over continue-as-new, or they are lost. */
export class StoredEffects<Effect> {
  /** Keys of what this run has put into the store and not taken back. */
  private readonly putAway = new Set<string>();

  /** @param ofRunBefore effects of a run before this one may wait in the store */
  constructor(
    private readonly underWay: Pick<HostEffects<Effect>, 'size' | 'start' | 'undone'>,
    private readonly store: Pick<HostStore<Effect>, 'effects' | 'forgetEffects' | 'putAwayEffects'>,
    private ofRunBefore: boolean,
  ) {}

  get some(): boolean {
    return this.ofRunBefore || this.putAway.size > 0;
  }

  get mayTakeBack(): boolean {
    return this.ofRunBefore && this.underWay.size < TAKEN_BACK_AT_ONCE;
  }

  /** Performs some of them, and removes them from the store. */
  async takeBack(): Promise<void> {
    const found = await this.store.effects(TAKEN_BACK_AT_ONCE);
    this.underWay.start(found);
    this.ofRunBefore = found.length > 0; // however few: their size is bounded, too
    // What this run has put there may be among them: from now on it is here only.
    for (const { context } of found) this.putAway.delete(context.key);
    if (found.length > 0) await this.store.forgetEffects(found);
  }

  /** Of those that are not in the store, as many as the next run can be given. */
  toCarry(limits: CarryLimits): readonly Pending<Effect>[] {
    return effectsToCarry(this.notStored(), limits);
  }

  /** Puts into the store what cannot be carried. */
  async putAwayRest(limits: CarryLimits): Promise<void> {
    const rest = this.notStored().slice(this.toCarry(limits).length);
    for (const chunk of chunksOf(rest, PUT_AWAY_AT_ONCE)) {
      await this.store.putAwayEffects(chunk);
      for (const { context } of chunk) this.putAway.add(context.key);
    }
  }

  private notStored(): Pending<Effect>[] {
    return this.underWay.undone().filter(({ context }) => !this.putAway.has(context.key));
  }
}
