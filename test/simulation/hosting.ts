import type { ParkedJourney } from '../../store/hosting/parked-journeys';
import type { Store } from '../../store/store';
import type { DeliveredEvent, DueSubject, Json, LoadedSubject, Placement, SubjectRef } from '../../store/types';
import type { Journal } from './journal';

/** What hosting reads of the streams. */
interface HostedStream extends NonNullable<LoadedSubject['stream']> {
  readonly subject: string;
  readonly deadline: string | null;
  readonly consumed: ReadonlyMap<string, number>;
}

/** Parked events of a journey that one load answers. */
const MOST_PARKED = 2;
/** Subjects of which one load answers: the real store bounds bytes. */
const MOST_LOADED = 3;

type Hosting = Store['hosting'];
/** The same at one instant: what is asynchronous about it is the way there and back. */
type Sync<T> = {
  [Name in keyof T]: T[Name] extends (...given: infer Given) => Promise<infer R> ? (...given: Given) => R : never;
};

/** PostgreSQL's side of pooled journeys: placements, hosts, journeys whose machine failed, effects put away. */
export class SimHosting implements Sync<Hosting> {
  readonly placements = new Map<string, Placement>();
  readonly parked = new Map<
    string,
    { readonly ref: SubjectRef; readonly host: string; retryAt: string; events: DeliveredEvent[] }
  >();
  private readonly chains = new Map<string, string>();
  private readonly kept = new Map<string, { readonly host: string; readonly effect: Json }>();

  constructor(
    private readonly streams: ReadonlyMap<string, HostedStream>,
    private readonly journal: Journal,
  ) {}

  chainOf = (host: string): string | undefined => this.chains.get(host);

  find(subjects: readonly string[]): ReadonlyMap<string, Placement> {
    return new Map(
      subjects.flatMap((subject) => {
        const placed = this.placements.get(subject) ?? (this.streams.has(subject) ? { host: null } : undefined);
        return placed === undefined ? [] : [[subject, placed] as const];
      }),
    );
  }

  place(wanted: ReadonlyMap<string, Placement>): ReadonlyMap<string, Placement> {
    for (const [subject, where] of wanted)
      if (!this.placements.has(subject))
        this.placements.set(subject, this.streams.has(subject) ? { host: null } : where);
    return this.find([...wanted.keys()]);
  }

  open(host: string, chain: string) {
    this.chains.set(host, chain);
    const stages: Record<string, number> = {};
    for (const { stage } of this.openOf(host)) stages[stage] = (stages[stage] ?? 0) + 1;
    return { stages };
  }

  load(subjects: readonly string[]): readonly LoadedSubject[] {
    return subjects.slice(0, MOST_LOADED).map((subject) => {
      const parked = this.parked.get(subject);
      return {
        subject,
        stream: this.streams.get(subject),
        parked: parked && {
          tenantId: parked.ref.tenantId,
          key: parked.ref.key,
          events: parked.events.slice(0, MOST_PARKED),
          more: parked.events.length > MOST_PARKED,
        },
      };
    });
  }

  due(host: string, { after, until, limit }: Parameters<Hosting['due']>[1]): readonly DueSubject[] {
    const deadlines = this.openOf(host).flatMap(({ subject, deadline }) =>
      deadline === null ? [] : [{ subject, at: deadline }],
    );
    const retries = [...this.parked].flatMap(([subject, one]) =>
      one.host === host ? [{ subject, at: one.retryAt }] : [],
    );
    const isBefore = (a: DueSubject, b: DueSubject) => a.at < b.at || (a.at === b.at && a.subject < b.subject);
    return [...deadlines, ...retries]
      .filter((one) => one.at <= until && (after === undefined || isBefore(after, one)))
      .sort((a, b) => (isBefore(a, b) ? -1 : 1))
      .slice(0, limit);
  }

  park({ ref, host, chain, events: given, retryAt }: ParkedJourney): 'parked' | 'taken' | 'superseded' {
    if (this.chains.get(host) !== chain) return 'superseded';
    const events = given.filter(({ eventId }) => !this.streams.get(ref.subject)?.consumed.has(eventId));
    if (events.length === 0 && given.length > 0) return 'taken';
    const parked = this.parked.get(ref.subject) ?? { ref, host, retryAt, events: [] };
    parked.retryAt = retryAt;
    for (const event of events) {
      this.journal.keep(ref.subject, event.eventId);
      if (!parked.events.some(({ eventId }) => eventId === event.eventId)) parked.events.push(event);
    }
    this.parked.set(ref.subject, parked);
    return 'parked';
  }

  unpark(subject: string, eventIds: readonly string[]): void {
    const parked = this.parked.get(subject);
    if (parked === undefined) return;
    parked.events = parked.events.filter(({ eventId }) => !eventIds.includes(eventId));
    if (parked.events.length === 0) this.parked.delete(subject);
  }

  putAwayEffects(host: string, effects: readonly { readonly key: string; readonly effect: Json }[]): void {
    for (const { key, effect } of effects) if (!this.kept.has(key)) this.kept.set(key, { host, effect });
  }

  effects(host: string, limit: number): readonly Json[] {
    return [...this.kept.values()].flatMap((one) => (one.host === host ? [one.effect] : [])).slice(0, limit);
  }

  forgetEffects(_host: string, keys: readonly string[]): void {
    for (const key of keys) this.kept.delete(key);
  }

  isIdle(): boolean {
    return this.parked.size === 0 && this.deadlines().length === 0;
  }

  /** Deadlines that are still to come, or were missed. */
  deadlines(): readonly HostedStream[] {
    return [...this.streams.values()].filter(
      ({ status, deadline, chain }) => status === 'open' && deadline !== null && chain.includes('/'),
    );
  }

  private openOf(host: string): readonly HostedStream[] {
    return [...this.streams.values()].filter(({ chain, status }) => chain === host && status === 'open');
  }
}
