import type { EffectContext, Pending } from './effects';
import { reasonOf } from './failures';
import type { HostRuntime } from './host-runtime';

/**
 * In flight at a time: the server allows 2,000 activities of one workflow. Those that hang do not keep others waiting
 * before there are so many of them.
 */
const MOST_IN_FLIGHT = 500;
const AGAIN_AFTER_MS = 60_000;

/** Effects of many journeys, each tried until it succeeds, however often it is refused: none of them holds up another journey. */
export class HostEffects<Effect> {
  private readonly pending = new Map<string, Pending<Effect>>();
  private readonly queue: Pending<Effect>[] = [];
  private inFlight = 0;

  constructor(
    private readonly perform: (effect: Effect, context: EffectContext) => Promise<void>,
    private readonly runtime: Pick<HostRuntime, 'sleep' | 'warn'>,
  ) {}

  get size(): number {
    return this.pending.size;
  }

  /** What is not done, the oldest first. */
  undone(): Pending<Effect>[] {
    return [...this.pending.values()];
  }

  /** Those that are pending already are not started twice. */
  start(effects: readonly Pending<Effect>[]): void {
    for (const effect of effects) {
      if (this.pending.has(effect.context.key)) continue;
      this.pending.set(effect.context.key, effect);
      this.queue.push(effect);
    }
    this.fill();
  }

  private fill(): void {
    while (this.inFlight < MOST_IN_FLIGHT) {
      const next = this.queue.shift();
      if (next === undefined) return;
      this.inFlight += 1;
      void this.untilDone(next);
    }
  }

  private async untilDone({ effect, context }: Pending<Effect>): Promise<void> {
    for (;;) {
      try {
        await this.perform(effect, context);
        break;
      } catch (error) {
        // Also a bug in what performs the effect: the task is everybody's, and may not fail for one of them.
        const { key } = context;
        const subject = key.split('/').slice(0, -2).join('/');
        this.runtime.warn('effect of a journey failed; it is tried again', {
          subject,
          key,
          reason: error instanceof Error ? reasonOf(error) : String(error),
        });
        await this.runtime.sleep(AGAIN_AFTER_MS);
      }
    }
    this.pending.delete(context.key);
    this.inFlight -= 1;
    this.fill();
  }
}
