import type { Envelope } from '@millrace/events';
import type { HostingActivities } from '../../activities/recording/hosting.activities';
import type { WorkflowContract } from '../../workflows/kit/contract';
import type { EffectContext, Pending } from '../../workflows/kit/effects';
import type { HostRuntime } from '../../workflows/kit/host-runtime';
import { type HostLimits, HostShell } from '../../workflows/kit/host-shell';
import type { HostStore } from '../../workflows/kit/host-store';
import type { HostInput, HostStatus, LaneBatch, Recording } from '../../workflows/kit/wire';
import { type Effect, machineAt, type State } from './machine';

export interface HostOptions {
  readonly id: string;
  readonly target: string;
  readonly contract: WorkflowContract<Envelope, Envelope>;
  readonly mostHeld: number;
  readonly continueAfterEvents: number;
  readonly recording: Recording;
}

/** What workflow code asks of the server or, of kind `local`, of its worker. */
export type Command = { readonly nth: number; readonly name: string } & (
  | { readonly kind: 'timer'; readonly ms: number }
  | { readonly kind: 'normal' | 'local'; readonly ask: (activities: HostingActivities) => Promise<unknown> }
  | { readonly kind: 'effect'; readonly key: string }
);

export interface Answer {
  /** The command that it answers. */
  readonly nth: number;
  readonly error?: unknown;
  readonly value?: unknown;
}

/** Asks how many events wait. */
export interface Barrier {
  readonly answer: (waiting: number) => void;
}

/** What comes to workflow code at once. */
export interface Activation {
  /** Milliseconds since the epoch: its time, also when it is replayed. */
  readonly now: number;
  /** Counted from the beginning of the run. */
  readonly task: number;
  readonly signals: readonly (readonly LaneBatch[])[];
  readonly barriers: readonly Barrier[];
  readonly answers: readonly Answer[];
}

export const CARRIED_EVENTS = 4;
const LIMITS: HostLimits = {
  carry: { waiting: { events: CARRIED_EVENTS, characters: 2_000 }, standing: 300, effects: 500 },
  due: { windowMs: 6_000, longestMs: 20_000, leadMs: 500, page: 2 },
};

type Asked = Command extends infer One ? (One extends Command ? Omit<One, 'nth'> : never) : never;
/** As it comes out of Temporal's history. */
const asJson = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

/**
 * One run's workflow code in a worker's memory: the real shell. It acts on nothing by itself: given the same activations, it
 * makes the same commands.
 */
export class HostExecution {
  readonly commands: Command[] = [];
  /** Barriers and their answers, since they were last looked at. */
  readonly replies: { readonly barrier: Barrier; readonly waiting: number }[] = [];
  /** Continue as new with this. */
  next: HostInput | undefined;
  private readonly open = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  private conditions: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];
  private now: number;
  private task = 0;
  private readonly shell: HostShell<State, Envelope, Envelope, Effect, object>;

  /** @param outside `settled` resolves when nothing goes on by itself any more */
  constructor(
    private readonly options: HostOptions,
    private readonly chain: string,
    input: HostInput,
    private readonly outside: { now(): number; settled(): Promise<void>; failed(error: unknown): void },
  ) {
    this.now = outside.now();
    const { contract, mostHeld, continueAfterEvents } = options;
    const journey = {
      contract,
      policy: async () => ({}),
      machine: () => machineAt(() => this.now),
      perform: async (_: Effect, { key }: EffectContext) => {
        await this.ask({ kind: 'effect', name: 'tell', key });
      },
      mostHeld,
      continueAfterEvents,
    };
    this.shell = new HostShell(journey, input, { runtime: this.runtime(), store: this.store(), limits: LIMITS });
  }

  status(): HostStatus {
    return this.shell.status();
  }

  /** Those of local activities that are not answered. */
  openLocals(): Command[] {
    return this.commands.filter(({ nth, kind }) => kind === 'local' && this.open.has(nth));
  }

  begin(now: number): void {
    this.now = now;
    this.shell.run().catch((error: unknown) => this.outside.failed(error));
  }

  /** Signals first, as the SDK does; what it waits for is looked at when nothing goes on by itself any more. */
  async activate({ now, task, signals, barriers, answers }: Activation): Promise<void> {
    this.now = now;
    this.task = task;
    for (const batches of signals) this.shell.receive(batches);
    for (const barrier of barriers)
      void this.shell.barrier().then((waiting) => this.replies.push({ barrier, waiting }));
    for (const answer of answers) this.resume(answer);
    for (;;) {
      await this.outside.settled();
      const hold = this.conditions.filter(({ holds }) => holds());
      if (hold.length === 0) return;
      this.conditions = this.conditions.filter((one) => !hold.includes(one));
      for (const { resolve } of hold) resolve();
    }
  }

  private resume({ nth, error, value }: Answer): void {
    const waiting = this.open.get(nth);
    this.open.delete(nth);
    if (waiting === undefined) this.outside.failed(new Error(`nothing waits for answer ${nth}`));
    else if (error === undefined) waiting.resolve(asJson(value));
    else waiting.reject(error);
  }

  private ask(asked: Asked): Promise<unknown> {
    const nth = this.commands.length;
    this.commands.push({ ...asked, nth });
    return new Promise((resolve, reject) => {
      this.open.set(nth, { resolve, reject });
    });
  }

  private runtime(): HostRuntime {
    const sleep = async (ms: number): Promise<void> => void (await this.ask({ kind: 'timer', name: 'timer', ms }));
    return {
      now: () => this.now,
      task: () => this.task,
      until: (holds) =>
        new Promise((resolve) => {
          this.conditions.push({ holds, resolve });
        }),
      sleep,
      alarm: (ring) => {
        let next = Number.POSITIVE_INFINITY;
        return {
          set: (atMs) => {
            if (atMs >= next) return;
            next = atMs;
            void sleep(Math.max(1, atMs - this.now)).then(() => {
              if (next !== atMs) return;
              next = Number.POSITIVE_INFINITY;
              ring();
            });
          },
        };
      },
      suggestsContinue: () => false,
      continueAsNew: (input) => {
        this.next = asJson(input);
        return new Promise(() => {});
      },
      details: () => {},
      warn: () => {},
    };
  }

  /** As `hostStore` asks, without Temporal's proxies. */
  private store(): HostStore<Effect> {
    const { id: host, target, contract, recording } = this.options;
    const ref = { host, target, chain: this.chain };
    const ask = <T>(
      name: keyof HostingActivities,
      effect: (activities: HostingActivities) => Promise<T>,
      kind: 'normal' | 'local' = 'normal',
    ): Promise<T> => this.ask({ kind, name, ask: effect }) as Promise<T>; // what it was asked for
    const keysOf = (effects: readonly Pending<Effect>[]) => effects.map(({ context }) => context.key);
    return {
      open: () => ask('openHost', (act) => act.openHost(ref)),
      record: async (given, causedBy) => {
        const entries = asJson(given);
        const kind = recording === 'local' && causedBy === 'signals' ? 'local' : 'normal';
        return new Map(await ask('recordHosted', (act) => act.recordHosted(ref, entries), kind));
      },
      load: (subjects) => ask('loadHosted', (act) => act.loadHosted(subjects)),
      due: (page) => ask('dueOfHost', (act) => act.dueOfHost(host, asJson(page))),
      settle: (given) => {
        const settlings = asJson(given);
        return ask('settleHosted', (act) => act.settleHosted(target, settlings, contract.late === 'ignore'));
      },
      putAwayEffects: (effects) => {
        const kept = effects.map((effect) => ({ key: effect.context.key, effect: asJson(effect) as never }));
        return ask('putAwayEffects', (act) => act.putAwayEffects(host, kept));
      },
      effects: (limit) =>
        ask('effectsOfHost', (act) => act.effectsOfHost(host, limit)) as Promise<unknown> as Promise<Pending<Effect>[]>,
      forgetEffects: (effects) => ask('forgetEffects', (act) => act.forgetEffects(host, keysOf(effects))),
    };
  }
}
