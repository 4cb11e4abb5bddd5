import type { Clock } from '@millrace/kafka';
import type { Chance } from './chance';
import type { Timeline } from './timeline';

/** A process as the outside sees it: whatever comes to it comes through `enter`, or never. */
export class SimProcess {
  state: 'running' | 'frozen' | 'dead' = 'running';
  readonly clock: Clock;
  private readonly backlog: (() => void)[] = [];
  private readonly deaths: (() => void)[] = [];

  constructor(
    readonly name: string,
    private readonly timeline: Timeline,
    private readonly chance: Chance,
  ) {
    this.clock = {
      now: () => timeline.now,
      after: (ms, call) => {
        let cancelled = false;
        timeline.plan(ms, () => {
          if (cancelled) return;
          this.enter(() => {
            if (!cancelled) call();
          });
        });
        return () => {
          cancelled = true;
        };
      },
    };
  }

  /** Runs it in this process: at once, when it thaws, or not at all. */
  enter(run: () => void): void {
    if (this.state === 'running') run();
    else if (this.state === 'frozen') this.backlog.push(run);
  }

  /** SIGSTOP: what it has sent goes its way, what comes back waits. */
  freeze(): void {
    if (this.state === 'running') this.state = 'frozen';
  }

  /** SIGCONT: sockets and timers have their say in any order. */
  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'running';
    for (const run of this.backlog.splice(0))
      this.timeline.plan(Math.floor(this.chance.share(`${this.name} thaws`) * 20), () => this.enter(run));
  }

  /** SIGKILL. */
  kill(): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.backlog.length = 0;
    for (const died of this.deaths) died();
  }

  onDeath(died: () => void): void {
    this.deaths.push(died);
  }
}
