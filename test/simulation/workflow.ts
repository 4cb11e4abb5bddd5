import type { AppendResult, DeliveredEvent, SubjectRef } from '../../store/types';
import { Inbox } from '../../workflows/kit/inbox';
import { type Standing, stepThrough } from '../../workflows/kit/machine';
import type { Append } from '../../workflows/kit/subject';
import type { WireEvent } from '../../workflows/kit/wire';
import { machineAt, type State } from './machine';

/** Its deadlines and effects are left out: the tests of own workflows have them. */
const machine = machineAt(() => Number.POSITIVE_INFINITY);
const MAX_TAKEN = 5;

/** What a workflow asks of its worker. */
export interface Work {
  /** Until the worker has a turn for it. */
  turn(): Promise<void>;
  /** A recording activity, tried until it is answered. */
  append(append: Append & { expectedVersion: number; chain: string }): Promise<AppendResult>;
  settleForeign(events: readonly DeliveredEvent[]): Promise<void>;
}

/**
 * One workflow execution chain, as a journey's shell behaves: real inbox, real machine steps; signals are buffered until a
 * task takes them, it records before it goes on, continues as new, closes with nothing left in its inbox.
 */
export class SimWorkflow {
  isOpen = true;
  closedAt = 0;
  private inbox: Inbox;
  private buffered: WireEvent[] = [];
  private standing: Standing<State> = { state: undefined, version: 0 };
  private barriers: ((open: boolean) => void)[] = [];
  private hear: (() => void) | undefined;
  private taken = 0;

  constructor(
    readonly ref: SubjectRef,
    private readonly chain: string,
    private readonly startsOn: readonly string[],
    private readonly remembered: number,
    private readonly work: Work,
    private readonly now: () => number,
  ) {
    this.inbox = new Inbox({ maxIds: remembered });
    void this.run();
  }

  signal(events: readonly WireEvent[]): void {
    this.buffered.push(...events);
    this.wake();
  }

  /** Answered once what was signalled before is in the inbox. */
  barrier(answer: (open: boolean) => void): void {
    this.barriers.push(answer);
    this.wake();
  }

  /** Nothing waits to be taken or recorded. */
  isIdle(): boolean {
    return !this.isOpen || (this.hear !== undefined && this.buffered.length === 0);
  }

  private wake(): void {
    const { hear } = this;
    this.hear = undefined;
    hear?.();
  }

  /** A task begins: signals come in, updates are answered. */
  private receive(): void {
    this.inbox.receive(this.buffered);
    this.buffered = [];
    for (const answer of this.barriers.splice(0)) answer(true);
  }

  private async run(): Promise<void> {
    for (;;) {
      await this.work.turn();
      this.receive();
      const ended = await this.takeEvents();
      if (ended) return this.end();
      if (this.taken >= this.remembered && this.buffered.length === 0) this.continueAsNew();
      if (!this.ready() && this.buffered.length === 0 && this.barriers.length === 0)
        await new Promise<void>((resolve) => {
          this.hear = resolve;
        });
    }
  }

  private ready(): boolean {
    return this.standing.state === undefined ? this.inbox.has(this.startsOn) : this.inbox.size > 0;
  }

  /** Answers whether the workflow is over. */
  private async takeEvents(): Promise<boolean> {
    let batch = this.nextBatch();
    this.taken += batch.length;
    while (batch.length > 0) {
      const { standing, transitions, consumed, ended, left } = stepThrough(machine, this.standing, batch);
      const appended = await this.append({
        transitions,
        consumed,
        late: ended ? left : [],
        after: after(standing, ended),
      });
      if (appended.status === 'foreign-chain') return this.leave(batch);
      if (appended.status === 'duplicates') {
        batch = batch.filter(({ eventId }) => !appended.eventIds.includes(eventId));
        continue;
      }
      this.standing = standing;
      if (!ended) return false;
      await this.drain();
      return true;
    }
    return false;
  }

  private nextBatch(): WireEvent[] {
    if (this.standing.state !== undefined) return this.inbox.take(MAX_TAKEN);
    const start = this.inbox.takeFirst(this.startsOn);
    return start === undefined ? [] : [start, ...this.inbox.take(MAX_TAKEN - 1)];
  }

  private append(append: Append): Promise<AppendResult> {
    return this.work.append({ ...append, chain: this.chain, expectedVersion: this.standing.version });
  }

  /** What came meanwhile is late, until nothing is left: then the workflow returns without another await. */
  private async drain(): Promise<void> {
    for (this.receive(); this.inbox.size > 0; this.receive()) {
      const late = this.inbox.take();
      await this.append({ transitions: [], consumed: [], late, after: after(this.standing, true) });
    }
  }

  private async leave(batch: readonly WireEvent[]): Promise<boolean> {
    for (let events = [...batch, ...this.inbox.take()]; events.length > 0; events = this.inbox.take()) {
      await this.work.settleForeign(events);
      this.receive();
    }
    return true;
  }

  private end(): void {
    this.isOpen = false;
    this.closedAt = this.now();
    for (const answer of this.barriers.splice(0)) answer(false);
  }

  private continueAsNew(): void {
    this.inbox = new Inbox({ maxIds: this.remembered }, this.inbox.carry());
    this.taken = 0;
  }
}

const after = ({ state }: Standing<State>, closed: boolean): Append['after'] => ({
  stage: state?.at ?? 'none',
  state: { at: state?.at ?? 'none', until: null },
  machineVersion: 1,
  closed,
});
