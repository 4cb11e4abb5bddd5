import type { RouteTarget } from '../../bridges/inbound/route';
import { CallError, type WorkflowCalls } from '../../bridges/inbound/workflow-calls';
import type { DeliveredEvent, SubjectRef } from '../../store/types';
import type { Chance } from './chance';
import type { Journal } from './journal';
import type { Link, Window } from './link';
import type { SimProcess } from './process';
import type { SimStore } from './store';
import type { Timeline } from './timeline';
import { SimWorkflow, type Work } from './workflow';

const RETRY_MS = 300;

export interface TemporalOptions {
  readonly inbox: number;
  readonly retentionMs: number | null;
  readonly worker: readonly Window[];
  readonly storeIsAway: () => boolean;
  readonly startsOn: (target: string) => readonly string[];
}

export const callFailure = (kind: 'unavailable' | 'deadline'): CallError => new CallError(kind, `${kind} by plan`);

/** The server and its one worker, which may be away. */
export class SimTemporal {
  readonly workflows = new Map<string, SimWorkflow>();
  private chains = 0;
  private readonly began: number;

  constructor(
    private readonly timeline: Timeline,
    private readonly chance: Chance,
    private readonly store: SimStore,
    private readonly journal: Journal,
    private readonly options: TemporalOptions,
  ) {
    this.began = timeline.now;
  }

  isIdle(): boolean {
    return [...this.workflows.values()].every((workflow) => workflow.isIdle());
  }

  callsOf(process: SimProcess, link: Link): WorkflowCalls {
    return {
      signal: (ref, events) => link.ask(process, 'signal', () => this.signal(ref, events)),
      signalWithStart: (ref, _target: RouteTarget, events) =>
        link.ask(process, 'start', () => this.signalWithStart(ref, events)),
      barrier: (ref, deadlineMs) => this.barrier(process, link, ref, deadlineMs),
    };
  }

  private signal(ref: SubjectRef, events: readonly DeliveredEvent[]): 'taken' | 'not-found' {
    this.refuseSome(events);
    const workflow = this.find(ref.subject);
    if (workflow?.isOpen !== true) return 'not-found';
    this.take(workflow, events);
    return 'taken';
  }

  private signalWithStart(ref: SubjectRef, events: readonly DeliveredEvent[]): 'taken' | 'already-started' {
    this.refuseSome(events);
    const known = this.find(ref.subject);
    if (known?.isOpen === false) return 'already-started';
    const workflow = known ?? this.start(ref);
    this.take(workflow, events);
    return 'taken';
  }

  private barrier(
    process: SimProcess,
    link: Link,
    ref: SubjectRef,
    deadlineMs: number,
  ): Promise<'taken' | 'not-found'> {
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = process.clock.after(deadlineMs, () => reject(callFailure('deadline')));
    });
    const answered = link.askLater<'taken' | 'not-found'>(process, 'barrier', (answer) => {
      const workflow = this.find(ref.subject);
      if (workflow?.isOpen !== true) answer('not-found');
      else workflow.barrier((open) => answer(open ? 'taken' : 'not-found'));
    });
    return Promise.race([answered, late]).finally(() => cancel());
  }

  private take(workflow: SimWorkflow, events: readonly DeliveredEvent[]): void {
    for (const { eventId } of events) this.journal.keep(workflow.ref.subject, eventId);
    workflow.signal(events);
  }

  /** What the server will never take. */
  private refuseSome(events: readonly DeliveredEvent[]): void {
    const refused = ({ data }: DeliveredEvent) => typeof data === 'object' && data !== null && 'refused' in data;
    if (events.some(refused)) throw new CallError('invalid', 'refused by plan');
  }

  private find(subject: string): SimWorkflow | undefined {
    const { retentionMs } = this.options;
    const workflow = this.workflows.get(subject);
    if (workflow === undefined || workflow.isOpen || retentionMs === null) return workflow;
    if (this.timeline.now < workflow.closedAt + retentionMs) return workflow;
    this.workflows.delete(subject);
    return undefined;
  }

  private start(ref: SubjectRef): SimWorkflow {
    this.chains += 1;
    const { inbox, startsOn } = this.options;
    const now = () => this.timeline.now;
    const workflow = new SimWorkflow(ref, `chain-${this.chains}`, startsOn(ref.target), inbox, this.workFor(ref), now);
    this.workflows.set(ref.subject, workflow);
    return workflow;
  }

  private workFor(ref: SubjectRef): Work {
    const sleep = (ms: number) => new Promise<void>((resolve) => this.timeline.plan(ms, resolve));
    const turn = async (): Promise<void> => {
      await sleep(this.chance.delay('task'));
      for (let away = this.workerBackIn(); away > 0; away = this.workerBackIn()) await sleep(away);
    };
    /** An activity that is tried until its answer has come. */
    const perform = async <T>(effect: () => T | undefined): Promise<T> => {
      for (;;) {
        await turn();
        const answer = this.options.storeIsAway() ? undefined : effect();
        if (answer !== undefined && this.chance.share('activity') < 0.95) {
          await turn();
          return answer;
        }
        await sleep(RETRY_MS);
      }
    };
    return {
      turn,
      append: (append) => perform(() => this.store.append({ ...ref, correlationId: 'simulation', ...append })),
      settleForeign: async (events) => {
        await perform(() => this.store.settleForeign(ref, events) || undefined);
      },
    };
  }

  private workerBackIn(): number {
    const since = this.timeline.now - this.began;
    return Math.max(0, ...this.options.worker.map(({ at, ms }) => (since >= at ? at + ms - since : 0)));
  }
}
