import {
  createHostingActivities,
  type HostingActivities,
  type HostingStore,
} from '../../activities/recording/hosting.activities';
import { StoreError } from '../../store/errors';
import type { HeldLane } from '../../store/store';
import type { Chance } from './chance';
import type { SimStore } from './store';
import { connectionLost } from './store-client';
import type { Timeline } from './timeline';

const RETRY_MS = 300;

export interface WorkerOptions {
  /** Milliseconds until it is there again; 0 if it is. */
  readonly awayMs: () => number;
  readonly storeIsAway: () => boolean;
}

/** The one worker: it may be away, and an activity of it may hang and take effect when nobody waits for it any more. */
export class SimWorker {
  readonly hosting: HostingActivities;
  /** The store as activities see it: between two statements the connection may be lost. */
  readonly client: HostingStore;
  /** Activities that are still to take effect, also those that nobody waits for any more. */
  private underWay = 0;

  constructor(
    private readonly timeline: Timeline,
    private readonly chance: Chance,
    store: SimStore,
    private readonly options: WorkerOptions,
  ) {
    this.client = this.clientOf(store);
    this.hosting = createHostingActivities({ store: this.client });
  }

  isIdle(): boolean {
    return this.underWay === 0;
  }

  /** Until it has a turn for somebody. */
  async turn(): Promise<void> {
    await this.sleep(this.chance.delay('task'));
    for (let ms = this.options.awayMs(); ms > 0; ms = this.options.awayMs()) await this.sleep(ms);
  }

  /** An activity that is tried until its answer has come, as long as somebody waits for it. */
  async perform<T>(effect: () => T | Promise<T>, isAwaited: () => boolean = () => true): Promise<T> {
    for (;;) {
      const answer = await this.counted(() => this.turn().then(() => this.attempt(effect)));
      if (answer !== undefined && this.chance.share('activity') < 0.95) {
        await this.turn();
        return answer.value;
      }
      if (!isAwaited()) return new Promise(() => {});
      await this.sleep(RETRY_MS);
    }
  }

  private async counted<T>(work: () => T | Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }

  private async attempt<T>(effect: () => T | Promise<T>): Promise<{ readonly value: T } | undefined> {
    const tried = async () => ({ value: await effect() });
    if (this.chance.share('activity hangs') > 0.98) {
      const ms = 1_000 + this.chance.share('hangs') * 9_000;
      void this.counted(() => this.sleep(ms).then(tried)).catch(() => {});
      return undefined;
    }
    if (this.options.storeIsAway()) return undefined;
    return tried().catch((error: unknown) => {
      if (error instanceof StoreError) return undefined;
      throw error;
    });
  }

  private readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => this.timeline.plan(ms, resolve));

  private clientOf(store: SimStore): HostingStore {
    const { hosting } = store;
    const ask = async <T>(statement: () => T): Promise<T> => {
      if (this.chance.share('statement') > 0.98) throw connectionLost();
      return statement();
    };
    const free = (subject: string): StoreError => new StoreError('lane-busy', `${subject} is held`);
    return {
      appendMany: (requests) => ask(() => requests.map((request) => store.append(request))),
      recordLate: (...given) => ask(() => store.recordLate(...given)),
      settleForeign: (ref, events) =>
        ask(() => {
          if (!store.settleForeign(ref, events)) throw free(ref.subject);
        }),
      hosting: {
        open: (host, chain) => ask(() => hosting.open(host, chain)),
        load: (subjects) => ask(() => hosting.load(subjects)),
        due: (host, page) => ask(() => hosting.due(host, page)),
        park: (journey) => ask(() => hosting.park(journey)),
        unpark: (subject, ids) => ask(() => hosting.unpark(subject, ids)),
        putAwayEffects: (host, effects) => ask(() => hosting.putAwayEffects(host, effects)),
        effects: (host, limit) => ask(() => hosting.effects(host, limit)),
        forgetEffects: (host, keys) => ask(() => hosting.forgetEffects(host, keys)),
      },
      parking: {
        async tryHold(subject, work) {
          const session = store.tryLock(`lane ${subject}`);
          if (session === undefined) return undefined;
          const server = store.held(subject);
          const lane = {
            park: (...given: Parameters<HeldLane['park']>) => ask(() => server.park(...given)),
          } as HeldLane; // all that settling asks of it
          return work(lane)
            .then((value) => ({ value }))
            .finally(() => store.close(session));
        },
      },
    };
  }
}
