import type { HostCalls } from '../../bridges/inbound/host-mailbox';
import type { RouteTarget } from '../../bridges/inbound/route';
import { CallError, type WorkflowCalls } from '../../bridges/inbound/workflow-calls';
import type { DeliveredEvent, SubjectRef } from '../../store/types';
import type { LaneBatch } from '../../workflows/kit/wire';
import type { Chance } from './chance';
import { type HostsOptions, SimHosts } from './hosts';
import type { Journal } from './journal';
import type { Link } from './link';
import type { SimProcess } from './process';
import type { Window } from './scenario';
import type { SimStore } from './store';
import type { Timeline } from './timeline';
import { SimWorker } from './worker';
import { SimWorkflow, type Work } from './workflow';

export interface TemporalOptions extends HostsOptions {
  readonly retentionMs: number | null;
  readonly worker: readonly Window[];
  readonly storeIsAway: () => boolean;
  readonly startsOn: (target: string) => readonly string[];
  readonly limited: readonly Window[];
}

export const callFailure = (kind: 'unavailable' | 'deadline'): CallError => new CallError(kind, `${kind} by plan`);

/** The server and its one worker, which may be away. */
export class SimTemporal {
  readonly workflows = new Map<string, SimWorkflow>();
  readonly hosts: SimHosts;
  private chains = 0;
  private readonly worker: SimWorker;
  private readonly began: number;

  constructor(
    private readonly timeline: Timeline,
    private readonly chance: Chance,
    private readonly store: SimStore,
    private readonly journal: Journal,
    private readonly options: TemporalOptions,
  ) {
    this.began = timeline.now;
    const { storeIsAway } = options;
    this.worker = new SimWorker(timeline, chance, store, { awayMs: () => this.workerBackIn(), storeIsAway });
    this.hosts = new SimHosts(timeline, chance, store, journal, this.worker, options);
  }

  isIdle(): boolean {
    const workflows = [...this.workflows.values()];
    return this.worker.isIdle() && this.hosts.isIdle() && workflows.every((workflow) => workflow.isIdle());
  }

  callsOf(process: SimProcess, link: Link): WorkflowCalls {
    return {
      signal: (ref, events) => link.ask(process, 'signal', () => this.limited(() => this.signal(ref, events))),
      signalWithStart: (ref, _target: RouteTarget, events) =>
        link.ask(process, 'start', () => this.limited(() => this.signalWithStart(ref, events))),
      barrier: (ref, deadlineMs) => this.barrier(process, link, ref, deadlineMs),
    };
  }

  private signal(ref: SubjectRef, events: readonly DeliveredEvent[]): 'taken' | 'not-found' {
    refuseSome(events);
    const workflow = this.find(ref.subject);
    if (workflow?.isOpen !== true) return 'not-found';
    this.take(workflow, events);
    return 'taken';
  }

  private signalWithStart(ref: SubjectRef, events: readonly DeliveredEvent[]): 'taken' | 'already-started' {
    refuseSome(events);
    const known = this.find(ref.subject);
    if (known?.isOpen === false) return 'already-started';
    const workflow = known ?? this.start(ref);
    this.take(workflow, events);
    return 'taken';
  }

  hostCallsOf(process: SimProcess, link: Link, host: string, target: string): HostCalls {
    const send = (batches: readonly LaneBatch[]) => {
      refuseSome(batches.flatMap(({ events }) => events));
      this.hosts.send(host, target, batches);
    };
    return {
      send: (batches) => link.ask(process, 'host', () => this.limited(() => send(batches))),
      barrier: (deadlineMs) =>
        this.within(
          process,
          deadlineMs,
          link.askLater(process, 'host barrier', (answer) => this.hosts.barrier(host, answer)),
        ),
    };
  }

  /** Above its limits the server refuses most calls, and does nothing for them. */
  private limited<T>(call: () => T): T {
    const since = this.timeline.now - this.began;
    const isLimited = this.options.limited.some(({ at, ms }) => since >= at && since < at + ms);
    if (isLimited && this.chance.share('limits') > 0.3) throw new CallError('exhausted', 'exhausted by plan');
    return call();
  }

  private barrier(
    process: SimProcess,
    link: Link,
    ref: SubjectRef,
    deadlineMs: number,
  ): Promise<'taken' | 'not-found'> {
    const answered = link.askLater<'taken' | 'not-found'>(process, 'barrier', (answer) => {
      const workflow = this.find(ref.subject);
      if (workflow?.isOpen !== true) answer('not-found');
      else workflow.barrier((open) => answer(open ? 'taken' : 'not-found'));
    });
    return this.within(process, deadlineMs, answered);
  }

  private within<T>(process: SimProcess, deadlineMs: number, answered: Promise<T>): Promise<T> {
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = process.clock.after(deadlineMs, () => reject(callFailure('deadline')));
    });
    return Promise.race([answered, late]).finally(() => cancel());
  }

  private take(workflow: SimWorkflow, events: readonly DeliveredEvent[]): void {
    for (const { eventId } of events) this.journal.keep(workflow.ref.subject, eventId);
    workflow.signal(events);
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
    const { worker, store } = this;
    return {
      turn: () => worker.turn(),
      append: (append) => worker.perform(() => store.append({ ...ref, correlationId: 'simulation', ...append })),
      settleForeign: (events) => worker.perform(() => worker.client.settleForeign(ref, events)),
    };
  }

  private workerBackIn(): number {
    const since = this.timeline.now - this.began;
    return Math.max(0, ...this.options.worker.map(({ at, ms }) => (since >= at ? at + ms - since : 0)));
  }
}

/** What the server will never take. */
function refuseSome(events: readonly DeliveredEvent[]): void {
  const refused = ({ data }: DeliveredEvent) => typeof data === 'object' && data !== null && 'refused' in data;
  if (events.some(refused)) throw new CallError('invalid', 'refused by plan');
}
