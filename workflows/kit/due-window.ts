import type { DueSubject } from '../../activities/recording/hosting.activities';
import type { Deadlines } from './deadlines';

export interface DueSpans {
  readonly windowMs: number;
  /** Where little is due, the windows get longer, up to this. */
  readonly longestMs: number;
  /** The next window is read this long before the last one ends. */
  readonly leadMs: number;
  /** Deadlines read at a time. */
  readonly page: number;
}

export const DUE_SPANS: DueSpans = { windowMs: 10 * 60_000, longestMs: 24 * 3_600_000, leadMs: 60_000, page: 1_000 };

/**
 * Deadlines of journeys that are not in memory are known for the next minutes only; the store is asked for those after.
 * So a host of any number of open journeys keeps few of them.
 */
export class DueWindow {
  /** All deadlines up to here are known. Milliseconds since the epoch. */
  private untilMs = Number.NEGATIVE_INFINITY;
  private readAgainMs = Number.NEGATIVE_INFINITY;
  private after: DueSubject | undefined;
  private windowMs: number;

  constructor(
    private readonly deadlines: Deadlines,
    private readonly page: (page: {
      readonly after?: DueSubject | undefined;
      readonly until: string;
      readonly limit: number;
    }) => Promise<readonly DueSubject[]>,
    private readonly isHeld: (subject: string) => boolean,
    private readonly spans: DueSpans = DUE_SPANS,
  ) {
    this.windowMs = spans.windowMs;
  }

  /** When the store has to be asked again. */
  get nextMs(): number {
    return this.readAgainMs;
  }

  /** Once a journey has left the memory, its deadline has to be kept only if the store was asked beyond it. */
  covers(atMs: number): boolean {
    return atMs <= this.untilMs;
  }

  async read(nowMs: number): Promise<void> {
    const untilMs = nowMs + this.windowMs;
    // At once: journeys that leave the memory while the store is asked may be missing in its answer.
    this.untilMs = Math.max(this.untilMs, untilMs);
    this.readAgainMs = Number.POSITIVE_INFINITY;
    const found = await this.page({
      after: this.after,
      until: new Date(untilMs).toISOString(),
      limit: this.spans.page,
    });
    for (const { subject, at } of found) if (!this.isHeld(subject)) this.deadlines.set(subject, Date.parse(at));
    const last = found.at(-1);
    const whole = found.length < this.spans.page || last === undefined;
    this.untilMs = whole ? untilMs : Date.parse(last.at);
    this.after = whole ? { at: new Date(untilMs).toISOString(), subject: '' } : last;
    this.readAgainMs = this.untilMs - this.spans.leadMs;
    if (!whole) this.windowMs = this.spans.windowMs;
    else if (found.length < this.spans.page / 4) this.windowMs = Math.min(2 * this.windowMs, this.spans.longestMs);
  }

  /** The store may know more than it did. */
  readAgain(): void {
    this.after = undefined;
    this.readAgainMs = Number.NEGATIVE_INFINITY;
  }
}
