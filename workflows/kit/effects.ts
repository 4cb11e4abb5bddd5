import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { isFailure } from './failures';
import type { AskedEffect } from './machine';

/** What an effect may hand on to whatever it calls. */
export interface EffectContext {
  /** `<subject>/<version>/<effect name>`: the same again when the effect is started again. */
  readonly key: string;
  readonly tenantId: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Id of the last event that caused the move; undefined for a deadline. */
  readonly causationId?: string | undefined;
}

/** An effect that is to be performed, with all it needs: it may outlive a run. */
export interface Pending<Effect> extends AskedEffect<Effect> {
  readonly context: EffectContext;
}

const AGAIN_AFTER = '1 minute';

/** Effects of recorded moves, performed beside the journey and tried until they succeed. */
export class Effects<Effect> {
  private readonly pending = new Map<string, Pending<Effect>>();

  constructor(private readonly perform: (effect: Effect, context: EffectContext) => Promise<void>) {}

  /** Carried over continue-as-new: the next run starts them again under their keys. */
  carry(): Pending<Effect>[] {
    return [...this.pending.values()];
  }

  get size(): number {
    return this.pending.size;
  }

  start(effects: readonly Pending<Effect>[]): void {
    for (const effect of effects) {
      this.pending.set(effect.context.key, effect);
      void CancellationScope.nonCancellable(() => this.untilDone(effect));
    }
  }

  /** Resolves when all are done, or when `or` holds. */
  async done(or: () => boolean): Promise<void> {
    await condition(() => this.pending.size === 0 || or());
  }

  /** An effect refused for good is tried again all the same: a journey has nothing to take back. */
  private async untilDone({ effect, context }: Pending<Effect>): Promise<void> {
    for (;;) {
      try {
        await this.perform(effect, context);
        this.pending.delete(context.key);
        return;
      } catch (error) {
        if (!isFailure(error)) throw error;
        await sleep(AGAIN_AFTER);
      }
    }
  }
}
