import { StoreError } from '../../store/errors';
import type { Store } from '../../store/store';
import type {
  AppendRequest,
  AppendResult,
  DeliveredEvent,
  DueSubject,
  Json,
  LoadedSubject,
  OpenedHost,
  SubjectRef,
} from '../../store/types';

export type { AppendRequest, AppendResult, DueSubject, LoadedSubject, OpenedHost } from '../../store/types';

/** The host that asks: the id of its workflow, and its first execution run id. */
export interface HostRef {
  readonly host: string;
  readonly chain: string;
  readonly target: string;
}

/** A subject of the host's target. */
export type HostedRef = Omit<SubjectRef, 'target'>;

/** What one journey of a host came to. */
export type HostedEntry =
  | {
      readonly kind: 'append';
      readonly request: Omit<AppendRequest, 'target' | 'chain' | 'hostChain'>;
      /** Taken with it, of what was parked. */
      readonly unpark?: readonly string[] | undefined;
    }
  /** Of what was parked, these had been taken before. */
  | { readonly kind: 'unpark'; readonly subject: string; readonly eventIds: readonly string[] }
  /** The machine threw: its events wait in the store. */
  | {
      readonly kind: 'park';
      readonly ref: HostedRef;
      readonly events: readonly DeliveredEvent[];
      readonly message: string;
      readonly retryAt: string;
    };

export type HostedResult =
  | Exclude<AppendResult, { readonly status: 'recorded' }>
  /** The store will never take this: it is parked like what a machine threw at. */
  | { readonly status: 'refused'; readonly detail: string };

/** Events for subjects that the host does not run (docs/architecture.md, "Who decides what"). */
export interface Settling {
  readonly why: 'closed' | 'foreign' | 'early';
  readonly ref: HostedRef;
  readonly events: readonly DeliveredEvent[];
  /** The journey was loaded as parked: what is settled waits there no longer. */
  readonly unpark?: boolean;
}

/** What a host asks of the store. All of it may be tried again. */
export interface HostingActivities {
  openHost(ref: HostRef): Promise<OpenedHost>;
  /** In as few transactions as it fits. Answers those that were not simply done, by their place in the list. */
  recordHosted(ref: HostRef, entries: readonly HostedEntry[]): Promise<readonly (readonly [number, HostedResult])[]>;
  loadHosted(subjects: readonly string[]): Promise<readonly LoadedSubject[]>;
  dueOfHost(
    host: string,
    page: { readonly after?: DueSubject | undefined; readonly until: string; readonly limit: number },
  ): Promise<readonly DueSubject[]>;
  /** `ignoreLate`: what came after the close is consumed and leaves no dead letter. */
  settleHosted(target: string, settlings: readonly Settling[], ignoreLate: boolean): Promise<void>;
  putAwayEffects(host: string, effects: readonly { readonly key: string; readonly effect: Json }[]): Promise<void>;
  effectsOfHost(host: string, limit: number): Promise<readonly Json[]>;
  forgetEffects(host: string, keys: readonly string[]): Promise<void>;
}

export type HostingStore = Pick<Store, 'appendMany' | 'recordLate' | 'settleForeign' | 'hosting'> & {
  readonly parking: Pick<Store['parking'], 'tryHold'>;
};

export function createHostingActivities({ store }: { readonly store: HostingStore }): HostingActivities {
  const { hosting } = store;
  return {
    openHost: ({ host, chain }) => hosting.open(host, chain),
    recordHosted: (ref, entries) => recordHosted(store, ref, entries),
    loadHosted: (subjects) => hosting.load(subjects),
    dueOfHost: (host, page) => hosting.due(host, page),
    async settleHosted(target, settlings, ignoreLate) {
      await inTurns(settlings, async ({ why, ref, events, unpark = false }) => {
        await settle(store, why, { ...ref, target }, events, ignoreLate);
        const eventIds = events.map(({ eventId }) => eventId);
        if (unpark) await hosting.unpark(ref.subject, eventIds);
      });
    },
    putAwayEffects: (host, effects) => hosting.putAwayEffects(host, effects),
    effectsOfHost: (host, limit) => hosting.effects(host, limit),
    forgetEffects: (host, keys) => hosting.forgetEffects(host, keys),
  };
}

async function recordHosted(
  store: HostingStore,
  { host, chain, target }: HostRef,
  entries: readonly HostedEntry[],
): Promise<readonly (readonly [number, HostedResult])[]> {
  const appends = entries.flatMap((entry) => (entry.kind === 'append' ? [entry] : []));
  const requests = appends.map(({ request }) => ({ ...request, target, chain: host, hostChain: chain }));
  const answers = new Map((await store.appendMany(requests)).map((answer, index) => [appends[index], hosted(answer)]));
  const unparked = entries.flatMap((entry) => {
    if (entry.kind === 'unpark') return [entry];
    if (entry.kind === 'park' || entry.unpark === undefined || answers.get(entry) !== undefined) return [];
    return [{ subject: entry.request.subject, eventIds: entry.unpark }];
  });
  await inTurns(unparked, ({ subject, eventIds }) => store.hosting.unpark(subject, eventIds));
  const failed = entries.flatMap((entry) => (entry.kind === 'park' ? [entry] : []));
  const superseded = new Set<HostedEntry>();
  await inTurns(failed, async (entry) => {
    const { ref, events, message, retryAt } = entry;
    const parked = { ref: { ...ref, target }, host, chain, events, message, retryAt };
    if ((await store.hosting.park(parked)) === 'superseded') superseded.add(entry);
  });
  return entries.flatMap((entry, index): [number, HostedResult][] => {
    if (superseded.has(entry)) return [[index, { status: 'superseded' }]];
    const answer = entry.kind === 'append' ? answers.get(entry) : undefined;
    return answer === undefined ? [] : [[index, answer]];
  });
}

/** Undefined when it is recorded. Throws what another try may change: then all of it is tried again. */
function hosted(answer: AppendResult | StoreError): HostedResult | undefined {
  if (!(answer instanceof StoreError)) return answer.status === 'recorded' ? undefined : answer;
  if (answer.transient || answer.code === 'not-migrated') throw answer;
  return { status: 'refused', detail: `${answer.code}: ${answer.message}` };
}

async function settle(
  store: HostingStore,
  why: Settling['why'],
  ref: SubjectRef,
  events: readonly DeliveredEvent[],
  ignoreLate: boolean,
): Promise<void> {
  switch (why) {
    case 'closed':
      await store.recordLate(ref, events, ignoreLate);
      return;
    case 'foreign':
      return store.settleForeign(ref, events);
    case 'early': {
      const held = await store.parking.tryHold(ref.subject, (lane) => lane.park(ref, events, 'start-missing'));
      if (held === undefined)
        throw new StoreError('lane-busy', `The lane of ${ref.subject} is held`, { subject: ref.subject });
      return;
    }
    default:
      return why satisfies never;
  }
}

/** A few at a time, so that the pool has connections for others. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += WIDTH) await Promise.all(items.slice(from, from + WIDTH).map(work));
}

const WIDTH = 4;
