import type { BridgeStore } from '../../bridges/inbound/bridge-options';
import type { RelayOptions } from '../../bridges/relay/relay';
import { StoreError } from '../../store/errors';
import type { HeldLane, Store } from '../../store/store';
import type { Link } from './link';
import type { SimProcess } from './process';
import type { Session, SimStore } from './store';

export interface StoreClient
  extends BridgeStore,
    Pick<RelayOptions['store'], 'feed' | 'subscriptions'>,
    Pick<Store, 'placement'> {
  /** Its connections that hold locks break. */
  cut(): void;
}

export const connectionLost = (): StoreError => new StoreError('unavailable', 'connection lost');

/** One process's pool: each request takes its time and may fail; a lane in hand uses the connection that holds its lock. */
export function storeClient(process: SimProcess, store: SimStore, link: Link): StoreClient {
  const heldHere = new Set<string>();
  const sessions = new Set<Session>();
  const ask = <T>(label: string, effect: () => T): Promise<T> => link.ask(process, label, effect);
  const cut = (): void => {
    for (const session of sessions) store.close(session);
    sessions.clear();
  };
  process.onDeath(cut);

  const lock = async (key: string, lost: () => void): Promise<Session | undefined> => {
    let session: Session | undefined;
    try {
      return await ask('lock', () => {
        // Nobody is there any more to hold it.
        session = process.state === 'dead' ? undefined : store.tryLock(key, lost);
        if (session !== undefined) sessions.add(session);
        return session;
      });
    } catch (error) {
      if (session !== undefined) store.close(session);
      throw error;
    }
  };

  /** On the connection that holds the lock; a failure of it, and it is gone. */
  const under = async <T>(session: Session, label: string, effect: () => T): Promise<T> => {
    try {
      return await ask(label, () => {
        if (!session.open) throw connectionLost();
        return effect();
      });
    } catch (error) {
      store.close(session);
      throw error;
    }
  };

  const laneOf = (session: Session, subject: string): HeldLane => {
    const server = store.held(subject);
    const call = (name: keyof HeldLane, ...given: readonly unknown[]) =>
      under(session, name, () => (server[name] as (...all: readonly unknown[]) => unknown)(...given));
    return {
      events: (limit) => call('events', limit),
      stream: () => call('stream'),
      cause: () => call('cause'),
      park: (...given) => call('park', ...given),
      unblock: () => call('unblock'),
      remove: (eventIds) => call('remove', eventIds),
    } as HeldLane;
  };

  const tryHold: StoreClient['parking']['tryHold'] = async (subject, work) => {
    if (heldHere.has(subject)) return undefined;
    heldHere.add(subject);
    try {
      const session = await lock(`lane ${subject}`, () => {});
      if (session === undefined) return undefined;
      const settled = await work(laneOf(session, subject)).then(
        (value) => ({ ok: true, value }) as const,
        (error: unknown) => ({ ok: false, error }) as const,
      );
      if (settled.ok) await under(session, 'attempt', () => store.noteAttempt(subject));
      await under(session, 'unlock', () => store.close(session)).finally(() => sessions.delete(session));
      if (settled.ok) return { value: settled.value };
      throw settled.error;
    } finally {
      heldHere.delete(subject);
    }
  };

  return {
    cut,
    recordLate: (...given) => ask('late', () => store.recordLate(...given)),
    streams: {
      verdicts: (subject, ids) => ask('verdicts', () => ids.map((eventId) => store.verdict(subject, eventId))),
    },
    parking: {
      parked: (subjects) => ask('parked', () => store.parked(subjects)),
      tryHold,
      due: ({ earlyMaxAgeMs, limit }) => ask('due', () => store.due(earlyMaxAgeMs, limit)),
      unstarted: ({ limit }) => ask('unstarted', () => store.unstarted(limit)),
    },
    placement: {
      find: (subjects) => ask('find', () => store.hosting.find(subjects)),
      place: (wanted) => ask('place', () => store.hosting.place(wanted)),
    },
    ledger: { write: (rows) => ask('ledger', () => store.writeLedger(rows)) },
    feed: {
      read: (after, limit) =>
        ask('feed', () => store.feed.slice(Number(after?.position ?? 0), Number(after?.position ?? 0) + limit)),
    },
    subscriptions: {
      checkpoint: (name) => ask('checkpoint', () => store.checkpoints.get(name) ?? null),
      save: (name, at) =>
        ask('save', () => {
          if (Number(store.checkpoints.get(name)?.position ?? 0) > Number(at.position)) return false;
          store.checkpoints.set(name, at);
          return true;
        }),
      async tryLease(name) {
        const lost = new AbortController();
        const session = await lock(`lease ${name}`, () => process.enter(() => lost.abort()));
        if (session === undefined) return undefined;
        return { lost: lost.signal, release: () => under(session, 'release', () => store.close(session)) };
      },
    },
  };
}
