import type { HostingActivities } from '../../activities/recording/hosting.activities';
import type { HostInput, LaneBatch } from '../../workflows/kit/wire';
import {
  type Activation,
  type Answer,
  type Barrier,
  type Command,
  HostExecution,
  type HostOptions,
} from './host-execution';

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
  /** How long nobody has the task that is lost now; undefined: it is not lost. */
  lost(): number | undefined;
  /** Workflow code that fails its task for good. */
  failed(error: unknown): void;
}

/** A task that waits for local activities is completed and goes on as another one. */
const HEARTBEAT_MS = 4_000;
/** Until the server gives out again a task that could not be completed as it was. */
const REFUSED_MS = 10;

/**
 * One chain of runs of a host: the server's side of it, around the real shell in the worker's memory. Signals, updates, timers
 * and answers of activities are buffered until a task takes them, signals first. What a task asks for is done when the task
 * is completed, but for local activities: they are its own. A task that is lost is as if it had never been, save for what
 * its local activities did: what it had taken comes again, with what came meanwhile, to a shell replayed up to there.
 */
export class SimHost {
  isOpen = true;
  private run = 0;
  private input: HostInput;
  /** Of the completed tasks of this run. */
  private history: Activation[] = [];
  private execution: HostExecution | undefined;
  private signals: (readonly LaneBatch[])[] = [];
  private barriers: Barrier[] = [];
  private answers: Answer[] = [];
  private hasTask = false;
  private tasks = 0;
  /** Commands that the server has; names by number. */
  private readonly scheduled = new Map<number, string>();
  private readonly underWay = new Set<number>();
  private readonly replied = new Set<Barrier>();

  constructor(
    private readonly options: HostOptions,
    private readonly chain: string,
    private readonly work: HostWork,
  ) {
    this.input = { host: options.id, target: options.target };
    this.wake();
  }

  signal(batches: readonly LaneBatch[]): void {
    this.signals.push(JSON.parse(JSON.stringify(batches)) as readonly LaneBatch[]);
    this.wake();
  }

  get target(): string {
    return this.options.target;
  }

  /** Answered with how many events wait. */
  barrier(answer: (waiting: number) => void): void {
    this.barriers.push({ answer });
    this.wake();
  }

  /** Everything that came was taken, recorded and acted upon. */
  isIdle(): boolean {
    const { signals, answers, hasTask, underWay, execution } = this;
    if (!this.isOpen) return true;
    const { waiting, effects } = execution?.status() ?? { waiting: 0, effects: 0 };
    return signals.length + answers.length + underWay.size + waiting + effects === 0 && !hasTask;
  }

  terminate(): void {
    this.isOpen = false;
    this.execution = undefined;
    for (const barrier of [...this.history.flatMap(({ barriers }) => barriers), ...this.barriers])
      this.reply(barrier, 0);
  }

  /** A task, unless there is one. */
  private wake(): void {
    if (this.hasTask || !this.isOpen) return;
    this.hasTask = true;
    void this.task().then((againMs) => {
      if (againMs !== undefined) return this.work.plan(againMs, () => this.again());
      this.hasTask = false;
      if (this.signals.length + this.barriers.length + this.answers.length > 0) this.wake();
    });
  }

  private again(): void {
    this.hasTask = false;
    this.wake();
  }

  /** Answers when it has to be done again. */
  private async task(): Promise<number | undefined> {
    await this.work.turn();
    if (!this.isOpen) return undefined;
    const execution = await this.replayed();
    const done: Activation[] = [];
    const answered = new LocalActivities(execution, this.work, () => this.isOpen && this.execution === execution);
    for (let next = this.take(); ; ) {
      done.push(next);
      await execution.activate(next);
      if (!this.isOpen) return undefined;
      if (execution.openLocals().length === 0) break;
      const answers = await answered.next();
      if (!this.isOpen) return undefined;
      const lostMs = this.work.lost();
      if (lostMs !== undefined) return this.lose(done, lostMs);
      if (answers.length > 0) next = { now: this.work.now(), task: this.tasks, signals: [], barriers: [], answers };
      else {
        this.complete(execution, done.splice(0));
        next = this.take();
      }
    }
    const isRefused = execution.next !== undefined && this.signals.length + this.answers.length > 0;
    if (isRefused) return this.lose(done, REFUSED_MS);
    this.complete(execution, done);
    if (execution.next === undefined) return undefined;
    this.continueWith(execution.next);
    return 0;
  }

  private take(): Activation {
    const [signals, barriers, answers] = [this.signals.splice(0), this.barriers.splice(0), this.answers.splice(0)];
    this.tasks += 1;
    return { now: this.work.now(), task: this.tasks, signals, barriers, answers };
  }

  private async replayed(): Promise<HostExecution> {
    if (this.execution !== undefined) return this.execution;
    const { work } = this;
    const execution = new HostExecution(this.options, this.chain, this.input, {
      now: () => work.now(),
      settled: () => new Promise((resolve) => work.plan(0, resolve)),
      failed: (error) => {
        if (this.execution === execution) work.failed(error);
      },
    });
    this.execution = execution;
    execution.begin(this.history[0]?.now ?? work.now());
    for (const activation of this.history) await execution.activate(activation);
    for (const [nth, name] of this.scheduled)
      if (execution.commands[nth]?.name !== name)
        work.failed(new Error(`replayed, command ${nth} is ${execution.commands[nth]?.name} and not ${name}`));
    return execution;
  }

  /** Answers of local activities go with it; the rest comes again. */
  private lose(done: readonly Activation[], ms: number): number {
    this.execution = undefined;
    this.signals.unshift(...done.flatMap(({ signals }) => signals));
    this.barriers.unshift(...done.flatMap(({ barriers }) => barriers));
    this.answers.unshift(...done.flatMap(({ answers }) => answers.filter(({ nth }) => this.scheduled.has(nth))));
    return ms;
  }

  private complete(execution: HostExecution, done: readonly Activation[]): void {
    this.history.push(...done);
    for (const { barrier, waiting } of execution.replies.splice(0)) this.reply(barrier, waiting);
    for (const command of execution.commands) {
      if (command.kind === 'local' || this.scheduled.has(command.nth)) continue;
      this.scheduled.set(command.nth, command.name);
      this.schedule(command);
    }
  }

  private reply(barrier: Barrier, waiting: number): void {
    if (this.replied.has(barrier)) return;
    this.replied.add(barrier);
    barrier.answer(waiting);
  }

  /** The run that ends gives up what it waits for; whoever asked it how many events wait hears that it is over. */
  private continueWith(input: HostInput): void {
    for (const barrier of this.history.flatMap(({ barriers }) => barriers)) this.reply(barrier, 0);
    this.run += 1;
    this.input = input;
    this.execution = undefined;
    this.history = [];
    this.scheduled.clear();
    this.underWay.clear();
  }

  private schedule(command: Exclude<Command, { readonly kind: 'local' }>): void {
    const { run, work } = this;
    const { nth } = command;
    const isAwaited = () => this.isOpen && run === this.run;
    const back = (answer: Answer) => {
      if (!isAwaited()) return;
      this.underWay.delete(nth);
      this.answers.push(answer);
      this.wake();
    };
    if (command.kind === 'timer') {
      work.plan(command.ms, () => back({ nth }));
      return;
    }
    this.underWay.add(nth);
    const asked = command.kind === 'effect' ? work.tell(command.key) : work.perform(isAwaited, command.ask);
    asked.then(
      (value: unknown) => back({ nth, value }),
      (error: unknown) => back({ nth, error }),
    );
  }
}

/** Of one task: each begins when workflow code has asked for it. */
class LocalActivities {
  private readonly begun = new Set<number>();
  private answers: Answer[] = [];
  private hear: () => void = () => {};

  constructor(
    private readonly execution: HostExecution,
    private readonly work: HostWork,
    private readonly isAwaited: () => boolean,
  ) {}

  /** Empty: none for a while. */
  async next(): Promise<readonly Answer[]> {
    for (const command of this.execution.openLocals()) this.begin(command);
    if (this.answers.length === 0)
      await new Promise<void>((resolve) => {
        this.hear = resolve;
        this.work.plan(HEARTBEAT_MS, resolve);
      });
    const answers = this.answers;
    this.answers = [];
    return answers;
  }

  private begin(command: Command): void {
    if (command.kind !== 'local' || this.begun.has(command.nth)) return;
    this.begun.add(command.nth);
    void this.work.perform(this.isAwaited, command.ask).then((value) => {
      this.answers.push({ nth: command.nth, value });
      this.hear();
    });
  }
}
