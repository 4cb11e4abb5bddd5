import type { KafkaAdmin } from '@millrace/kafka';
import type { Store } from '../../store/store';

export interface SettleDeps {
  readonly admin: KafkaAdmin;
  readonly store: Store;
  readonly bridgeGroup: string;
  readonly bridgeTopics: readonly string[];
  readonly deadLetterGroup: string;
  readonly deadLetterTopics: readonly string[];
  readonly relaySubscription: string;
  /** Events that services have written and not yet published. */
  unpublished(): Promise<number>;
}

/** What is still on its way; all zero means that nothing is. */
export interface OnTheWay {
  readonly lag: number;
  readonly deadLetterLag: number;
  readonly unrelayed: number;
  readonly unpublished: number;
  readonly open: number;
  readonly parkedLanes: number;
}

async function lagOf(admin: KafkaAdmin, groupId: string, topics: readonly string[]): Promise<number> {
  const committed = new Map(
    (await admin.committed(groupId, topics)).map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
  );
  let lag = 0n;
  for (const topic of topics) {
    for (const { partition, offset } of await admin.endOffsets(topic)) {
      const done = committed.get(`${topic}/${partition}`) ?? 0n;
      lag += offset - (done < 0n ? 0n : done);
    }
  }
  return Number(lag);
}

export async function onTheWay(deps: SettleDeps): Promise<OnTheWay> {
  const { admin, store } = deps;
  const { streams, parkedLanes } = await store.report();
  return {
    lag: await lagOf(admin, deps.bridgeGroup, deps.bridgeTopics),
    deadLetterLag: await lagOf(admin, deps.deadLetterGroup, deps.deadLetterTopics),
    unrelayed: (await store.feed.read(await store.subscriptions.checkpoint(deps.relaySubscription), 1)).length,
    unpublished: await deps.unpublished(),
    open: streams.filter(({ status }) => status === 'open').reduce((sum, row) => sum + row.streams, 0),
    parkedLanes,
  };
}

/** A workflow that was just signalled shows nothing yet: also when nothing is open, nothing may have changed for a moment. */
const BRIEF_MS = 4_000;

/**
 * Waits until nothing is on its way. Subjects that stay open (an appointment of next month) and lanes that stay parked are no reason
 * to wait for ever: `quietMs` without any change is enough then. Answers what was left; rejects after `limitMs` with it in the message.
 */
export async function settle(deps: SettleDeps, options: { quietMs: number; limitMs: number }): Promise<OnTheWay> {
  const started = Date.now();
  let last = '';
  let changedAt = started;
  for (;;) {
    const left = await onTheWay(deps);
    const { transitions, records } = await deps.store.report();
    const now = JSON.stringify([left, transitions, records]);
    if (now !== last) changedAt = Date.now();
    last = now;
    const { lag, deadLetterLag, unrelayed, unpublished, open, parkedLanes } = left;
    const moving = lag + deadLetterLag + unrelayed + unpublished > 0;
    const needed = open + parkedLanes > 0 ? options.quietMs : BRIEF_MS;
    if (!moving && Date.now() - changedAt > needed) return left;
    if (Date.now() - started > options.limitMs)
      throw new Error(`Not settled after ${options.limitMs / 1000} s: ${JSON.stringify(left)}`);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}
