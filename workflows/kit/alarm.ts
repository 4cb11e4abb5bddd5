import { CancellationScope, sleep } from '@temporalio/workflow';

/** One timer for whatever comes next: set again only for something earlier, so that a busy workflow does not fill its history with timers. */
export class Alarm {
  /** Milliseconds since the epoch. */
  private at = Number.POSITIVE_INFINITY;
  private armed: CancellationScope | undefined;

  constructor(private readonly ring: () => void) {}

  set(atMs: number): void {
    if (atMs >= this.at) return;
    this.armed?.cancel();
    this.at = atMs;
    const scope = new CancellationScope();
    this.armed = scope;
    scope
      .run(() => sleep(Math.max(1, atMs - Date.now())))
      .then(
        () => {
          if (this.armed !== scope) return;
          this.at = Number.POSITIVE_INFINITY;
          this.armed = undefined;
          this.ring();
        },
        () => undefined, // cancelled: something earlier has come
      );
  }
}
