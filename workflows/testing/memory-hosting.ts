import type { HostedEntry, HostedResult, HostingActivities } from '../../activities/recording/hosting.activities';
import type { DeliveredEvent, DueSubject, Json, LoadedSubject } from '../../store/types';
import type { MemoryStore } from './memory-store';

interface ParkedJourney {
  readonly tenantId: string;
  readonly key: string;
  readonly events: readonly DeliveredEvent[];
  readonly message: string;
  readonly retryAt: string;
}

/** What hosts ask of the store, over maps: for tests of workflows without PostgreSQL. */
export class MemoryHosting implements HostingActivities {
  /** Journeys whose machine threw, by subject. */
  readonly parked = new Map<string, ParkedJourney>();
  private readonly chains = new Map<string, string>();
  private readonly keptEffects = new Map<string, Json>();

  constructor(private readonly store: MemoryStore) {}

  openHost: HostingActivities['openHost'] = async ({ host, chain }) => {
    this.chains.set(host, chain);
    const stages: Record<string, number> = {};
    for (const { stage } of this.openOf(host)) stages[stage] = (stages[stage] ?? 0) + 1;
    return { stages };
  };

  recordHosted: HostingActivities['recordHosted'] = async ({ host, chain, target }, entries) => {
    const answers: [number, HostedResult][] = [];
    for (const [index, entry] of entries.entries()) {
      const answer = await this.record({ host, chain, target }, entry);
      if (answer !== undefined) answers.push([index, answer]);
    }
    return answers;
  };

  loadHosted: HostingActivities['loadHosted'] = async (subjects) =>
    subjects.map((subject): LoadedSubject => {
      const stream = this.store.find(subject);
      const parked = this.parked.get(subject);
      return {
        subject,
        ...(stream && { stream }),
        ...(parked && { parked: { ...parked, more: false } }),
      };
    });

  dueOfHost: HostingActivities['dueOfHost'] = async (host, { after, until, limit }) => {
    const deadlines = this.openOf(host).flatMap(({ subject, deadline }) =>
      deadline ? [{ subject, at: deadline }] : [],
    );
    const retries = [...this.parked].map(([subject, { retryAt }]) => ({ subject, at: retryAt }));
    const order = (a: DueSubject, b: DueSubject): number =>
      a.at === b.at ? a.subject.localeCompare(b.subject) : a.at.localeCompare(b.at);
    return [...deadlines, ...retries]
      .filter((due) => due.at <= until && (after === undefined || order(after, due) < 0))
      .sort(order)
      .slice(0, limit);
  };

  settleHosted: HostingActivities['settleHosted'] = async (target, settlings) => {
    for (const { ref, events, unpark } of settlings) {
      await this.store.settleForeign({ ...ref, target }, events);
      const eventIds = events.map(({ eventId }) => eventId);
      if (unpark === true) this.unpark(ref.subject, eventIds);
    }
  };

  putAwayEffects: HostingActivities['putAwayEffects'] = async (_, effects) => {
    for (const { key, effect } of effects) this.keptEffects.set(key, effect);
  };

  effectsOfHost: HostingActivities['effectsOfHost'] = async (_, limit) =>
    [...this.keptEffects.values()].slice(0, limit);

  forgetEffects: HostingActivities['forgetEffects'] = async (_, keys) => {
    for (const key of keys) this.keptEffects.delete(key);
  };

  private openOf(host: string) {
    return this.store.all().filter(({ chain, status }) => chain === host && status === 'open');
  }

  private async record(
    { host, chain, target }: { host: string; chain: string; target: string },
    entry: HostedEntry,
  ): Promise<HostedResult | undefined> {
    if (entry.kind === 'unpark') return this.unpark(entry.subject, entry.eventIds);
    if (entry.kind === 'park') {
      const { ref, events, message, retryAt } = entry;
      this.parked.set(ref.subject, { tenantId: ref.tenantId, key: ref.key, events, message, retryAt });
      this.store.changed();
      return undefined;
    }
    if (this.chains.get(host) !== chain) return { status: 'superseded' };
    if (entry.request.fresh === true && this.parked.has(entry.request.subject)) return { status: 'known' };
    const result = await this.store.recordTransitions({ ...entry.request, target, chain: host });
    if (result.status !== 'recorded') return result;
    return entry.unpark && this.unpark(entry.request.subject, entry.unpark);
  }

  private unpark(subject: string, eventIds: readonly string[]): undefined {
    const journey = this.parked.get(subject);
    const events = journey?.events.filter(({ eventId }) => !eventIds.includes(eventId)) ?? [];
    if (journey !== undefined && events.length > 0) this.parked.set(subject, { ...journey, events });
    else this.parked.delete(subject);
    this.store.changed();
  }
}
