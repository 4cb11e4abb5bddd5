import type { LaneBatch, Recording } from '../../workflows/kit/wire';
import type { Chance } from './chance';
import { contractOf } from './events';
import { type HostWork, SimHost } from './host';
import { CARRIED_EVENTS } from './host-execution';
import type { Journal } from './journal';
import type { SimStore } from './store';
import type { Timeline } from './timeline';
import type { SimWorker } from './worker';

/** Until somebody has started it again. */
const RESTART_MS = 700;
/** Until a task that was lost has run out of its time: this, or so much more. */
const LOST_MS = { least: 100, more: 6_000 };

export interface HostsOptions {
  readonly inbox: number;
  readonly mostHeld: number;
  readonly recording: Recording;
  /** The share of local activities after which their task is lost. */
  readonly lostTasks: number;
}

/** The host workflows at the server. */
export class SimHosts {
  private readonly hosts = new Map<string, SimHost>();
  /** Events that a host has, or had, by their subjects. */
  private readonly sent = new Map<string, Map<string, Set<string>>>();
  private chains = 0;

  constructor(
    private readonly timeline: Timeline,
    private readonly chance: Chance,
    private readonly store: SimStore,
    private readonly journal: Journal,
    private readonly worker: SimWorker,
    private readonly options: HostsOptions,
  ) {}

  isIdle(): boolean {
    return [...this.hosts.values()].every((host) => host.isIdle());
  }

  /** Starts the host if it does not run. */
  send(id: string, target: string, batches: readonly LaneBatch[]): void {
    const sent = this.sent.get(id) ?? new Map<string, Set<string>>();
    this.sent.set(id, sent);
    for (const { ref, events } of batches) {
      for (const { eventId } of events) this.journal.keep(ref.subject, eventId);
      const known = sent.get(ref.subject) ?? new Set();
      sent.set(ref.subject, new Set([...known, ...events.map(({ eventId }) => eventId)]));
    }
    this.running(id, target).signal(batches);
  }

  barrier(id: string, answer: (waiting: number) => void): void {
    const host = this.hosts.get(id);
    if (host === undefined) answer(0);
    else host.barrier(answer);
  }

  /** Whoever does so loses what the hosts have not recorded, starts too. */
  terminate(): void {
    for (const [id, host] of this.hosts) {
      for (const { subject, eventId } of this.unrecordedOf(id)) this.journal.lose(`${subject} ${eventId}`);
      // Drained from its lane and not yet removed there: it is, once the bridge has the answer.
      for (const [subject, eventIds] of this.sent.get(id) ?? [])
        for (const { eventId } of this.store.lanes.get(subject)?.events ?? [])
          if (eventIds.has(eventId)) this.journal.lose(`${subject} ${eventId}`);
      for (const [subject, { chain, transitions }] of this.store.streams)
        for (const version of transitions.keys())
          if (chain === id && !this.journal.told.has(`${subject}/${version}/tell`))
            this.journal.lose(`${subject}/${version}/tell`);
      // What it was about to record may be recorded still, parked events included; nobody acts upon that.
      for (const [subject, eventIds] of this.sent.get(id) ?? [])
        for (const eventId of eventIds)
          if (!this.store.streams.get(subject)?.consumed.has(eventId))
            this.journal.lose(`effect of ${eventId} on ${subject}`);
      host.terminate();
      this.hosts.delete(id);
      this.timeline.plan(RESTART_MS, () => this.running(id, host.target));
    }
  }

  private unrecordedOf(id: string) {
    return [...(this.sent.get(id) ?? [])].flatMap(([subject, eventIds]) => {
      const stream = this.store.streams.get(subject);
      const waiting = [this.store.lanes.get(subject), this.store.hosting.parked.get(subject)];
      const kept = new Set(waiting.flatMap((each) => each?.events.map(({ eventId }) => eventId) ?? []));
      return [...eventIds].flatMap((eventId) =>
        kept.has(eventId) || stream?.consumed.has(eventId) ? [] : [{ subject, eventId }],
      );
    });
  }

  private running(id: string, target: string): SimHost {
    const known = this.hosts.get(id);
    if (known !== undefined) return known;
    this.chains += 1;
    const { mostHeld, inbox, recording } = this.options;
    const continueAfterEvents = inbox === 1 ? CARRIED_EVENTS + 1 : 100;
    const options = { id, target, contract: contractOf(target), mostHeld, continueAfterEvents, recording };
    const host = new SimHost(options, `host-chain-${this.chains}`, this.work(id));
    this.hosts.set(id, host);
    return host;
  }

  private work(id: string): HostWork {
    const { timeline, chance, worker, journal } = this;
    const { lostTasks } = this.options;
    return {
      now: () => timeline.now,
      plan: (ms, run) => timeline.plan(ms, run),
      turn: () => worker.turn(),
      perform: (isAwaited, effect) => worker.perform(() => effect(worker.hosting), isAwaited),
      async tell(key) {
        if (chance.share('refusal') > 0.98) throw new Error('refused by plan');
        await worker.perform(() => void journal.told.add(key));
      },
      lost: () => {
        if (chance.share('task is lost') <= 1 - lostTasks) return undefined;
        return LOST_MS.least + Math.floor(chance.share('lost for') * LOST_MS.more);
      },
      failed: (error) => journal.violate(`${id} stops: ${error instanceof Error ? error.message : error}`),
    };
  }
}
