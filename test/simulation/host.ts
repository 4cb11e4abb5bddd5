import type { Envelope } from '@millrace/events';
import type { HostingActivities } from '../../activities/recording/hosting.activities';
import type { WorkflowContract } from '../../workflows/kit/contract';
import type { EffectContext, Pending } from '../../workflows/kit/effects';
import type { HostRuntime } from '../../workflows/kit/host-runtime';
import { type HostLimits, HostShell } from '../../workflows/kit/host-shell';
import type { HostStore } from '../../workflows/kit/host-store';
import type { HostInput, LaneBatch } from '../../workflows/kit/wire';
import { type Effect, machineAt, type State } from './machine';

/** What a host asks of its server and worker. */
export interface HostWork {
  now(): number;
  plan(ms: number, run: () => void): void;
  /** Until the worker has a turn for it. */
  turn(): Promise<void>;
  /** An activity, tried until it is answered, as long as somebody waits for it. */
  perform<T>(isAwaited: () => boolean, effect: (activities: HostingActivities) => Promise<T>): Promise<T>;
  /** Rejects when whoever is told refuses. */
  tell(key: string): Promise<void>;
}

export interface HostOptions {
  readonly id: string;
  readonly target: string;
  readonly contract: WorkflowContract<Envelope, Envelope>;
  readonly mostHeld: number;
  readonly continueAfterEvents: number;
}

export const CARRIED_EVENTS = 4;
const LIMITS: HostLimits = {
  carry: { waiting: { events: CARRIED_EVENTS, characters: 2_000 }, standing: 300, effects: 500 },
  due: { windowMs: 6_000, longestMs: 20_000, leadMs: 500, page: 2 },
};

type Shell = HostShell<State, Envelope, Envelope, Effect, object>;
const never = (): Promise<never> => new Promise(() => {});
/** As it comes out of Temporal's history. */
const asJson = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

/**
 * One chain of runs of a host: the real shell, with the server's part simulated. Signals, updates, timers and answers of
 * activities are buffered until a task takes them, signals first; what it waits for is looked at after each task.
 */
export class SimHost {
  isOpen = true;
  private run = 0;
  private shell: Shell | undefined;
  private signals: (readonly LaneBatch[])[] = [];
  private barriers: ((waiting: number) => void)[] = [];
  private jobs: (() => void)[] = [];
  private hasTask = false;
  private underWay = 0;
  private conditions: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];

  constructor(
    private readonly options: HostOptions,
    private readonly chain: string,
    private readonly work: HostWork,
  ) {
    this.begin({ host: options.id, target: options.target });
  }

  signal(batches: readonly LaneBatch[]): void {
    this.signals.push(asJson(batches));
    this.wake();
  }

  get target(): string {
    return this.options.target;
  }

  /** Answered with how many events wait. */
  barrier(answer: (waiting: number) => void): void {
    this.barriers.push(answer);
    this.wake();
  }

  /** Everything that came was taken, recorded and acted upon. */
  isIdle(): boolean {
    const { signals, jobs, hasTask, underWay, shell } = this;
    if (!this.isOpen) return true;
    const { waiting, effects } = shell?.status() ?? { waiting: 0, effects: 0 };
    return signals.length + jobs.length + underWay + waiting + effects === 0 && !hasTask;
  }

  terminate(): void {
    this.isOpen = false;
    this.endRun();
  }

  private begin(input: HostInput): void {
    const { contract, mostHeld, continueAfterEvents } = this.options;
    const { run } = this;
    const journey = {
      contract,
      policy: async () => ({}),
      machine: () => machineAt(() => this.work.now()),
      perform: (_: Effect, { key }: EffectContext) => this.within(run, () => this.work.tell(key)),
      mostHeld,
      continueAfterEvents,
    };
    const shell = new HostShell(journey, input, { runtime: this.runtime(run), store: this.store(run), limits: LIMITS });
    this.shell = shell;
    void shell.run();
    this.wake();
  }

  private endRun(): void {
    this.run += 1;
    this.jobs = [];
    this.conditions = [];
    this.underWay = 0;
  }

  /** A task, unless there is one. */
  private wake(): void {
    if (this.hasTask || !this.isOpen) return;
    this.hasTask = true;
    void this.work.turn().then(() => {
      this.hasTask = false;
      if (!this.isOpen) return;
      for (const batches of this.signals.splice(0)) this.shell?.receive(batches);
      for (const answer of this.barriers.splice(0)) this.answer(answer);
      for (const job of this.jobs.splice(0)) job();
      this.look();
    });
  }

  /** The run that ends gives up the answer. */
  private answer(answer: (waiting: number) => void): void {
    const { run } = this;
    void this.shell?.barrier().then((waiting) => answer(run === this.run ? waiting : 0));
  }

  /** Once nothing goes on by itself any more, as the workflow's sandbox does. */
  private look(): void {
    this.work.plan(0, () => {
      const hold = this.conditions.filter(({ holds }) => holds());
      if (hold.length === 0) return;
      this.conditions = this.conditions.filter((one) => !hold.includes(one));
      for (const { resolve } of hold) resolve();
      this.look();
    });
  }

  /** What comes of it comes with a task of the same run, or not at all. */
  private within<T>(run: number, effect: () => Promise<T>): Promise<T> {
    if (run !== this.run) return never();
    this.underWay += 1;
    return new Promise((resolve, reject) => {
      const back = (job: () => void) => {
        if (run !== this.run) return;
        this.underWay -= 1;
        this.jobs.push(job);
        this.wake();
      };
      effect().then(
        (value) => back(() => resolve(asJson(value))),
        (error) => back(() => reject(error)),
      );
    });
  }

  private runtime(run: number): HostRuntime {
    const later = (ms: number, job: () => void) =>
      this.work.plan(ms, () => {
        if (run !== this.run) return;
        this.jobs.push(job);
        this.wake();
      });
    return {
      now: () => this.work.now(),
      until: (holds) =>
        new Promise((resolve) => {
          if (run !== this.run) return;
          this.conditions.push({ holds, resolve });
          this.look();
        }),
      sleep: (ms) => new Promise((resolve) => later(ms, resolve)),
      alarm: (ring) => {
        let next = Number.POSITIVE_INFINITY;
        return {
          set: (atMs) => {
            if (atMs >= next) return;
            next = atMs;
            later(Math.max(1, atMs - this.work.now()), () => {
              if (next !== atMs) return;
              next = Number.POSITIVE_INFINITY;
              ring();
            });
          },
        };
      },
      suggestsContinue: () => false,
      continueAsNew: (input) => {
        if (run === this.run) {
          this.endRun();
          this.begin(asJson(input));
        }
        return never();
      },
      details: () => {},
      warn: () => {},
    };
  }

  /** As `hostStore` asks, without Temporal's proxies. */
  private store(run: number): HostStore<Effect> {
    const { id: host, target, contract } = this.options;
    const ref = { host, target, chain: this.chain };
    const ask = <T>(effect: (activities: HostingActivities) => Promise<T>): Promise<T> =>
      this.within(run, () => this.work.perform(() => run === this.run, effect));
    const keysOf = (effects: readonly Pending<Effect>[]) => effects.map(({ context }) => context.key);
    return {
      open: () => ask((act) => act.openHost(ref)),
      record: async (entries) => new Map(await ask((act) => act.recordHosted(ref, asJson(entries)))),
      load: (subjects) => ask((act) => act.loadHosted(subjects)),
      due: (page) => ask((act) => act.dueOfHost(host, asJson(page))),
      settle: (settlings) => ask((act) => act.settleHosted(target, asJson(settlings), contract.late === 'ignore')),
      putAwayEffects: (effects) =>
        ask((act) =>
          act.putAwayEffects(
            host,
            effects.map((effect) => ({ key: effect.context.key, effect: asJson(effect) as never })),
          ),
        ),
      effects: (limit) =>
        ask((act) => act.effectsOfHost(host, limit)) as Promise<unknown> as Promise<Pending<Effect>[]>,
      forgetEffects: (effects) => ask((act) => act.forgetEffects(host, keysOf(effects))),
    };
  }
}
