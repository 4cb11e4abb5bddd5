/** Milliseconds without a signal after which nobody is taken to be sending. */
const QUIET_MS = 1_000;

/**
 * When a host's run may end, once it is time that another one goes on. A signal that comes during the last task has the
 * server refuse the end and the worker read the whole history again: seconds in which nothing moves. So the run goes on
 * until a sender is held by its barrier, as each is after a few calls, or nobody sends.
 */
export class RunEnd {
  private heldSenders = 0;
  private quietAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly isTime: () => boolean,
    private readonly now: () => number,
  ) {}

  /** Signals have come. */
  received(): void {
    this.quietAtMs = this.now() + QUIET_MS;
  }

  /** Resolves when it is not time any more: for whoever asks then, never; the run that ends gives up the answer. */
  async hold(until: (holds: () => boolean) => Promise<void>): Promise<void> {
    this.heldSenders += 1;
    await until(() => !this.isTime());
    this.heldSenders -= 1;
  }

  mayBe(): boolean {
    return this.isTime() && (this.heldSenders > 0 || this.now() >= this.quietAtMs);
  }

  /** When to look again, in milliseconds since the epoch. */
  get wakeMs(): number {
    return this.isTime() ? this.quietAtMs : Number.POSITIVE_INFINITY;
  }
}
