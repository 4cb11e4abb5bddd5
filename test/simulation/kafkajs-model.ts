import type { TopicPartition } from '@millrace/kafka';
import type { joinGroup } from '@millrace/kafka/testing';
import { nameOf, type SimBroker } from './broker';
import {
  batchOf,
  byTopic,
  type EachBatch,
  type Fetched,
  flat,
  isUnknown,
  type Offsets,
  type Position,
} from './kafkajs-shapes';
import type { Link } from './link';
import type { SimProcess } from './process';

const HEARTBEAT_MS = 1_000;
const RETRY_MS = 200;
const EVENTS = { FETCH: 'fetch', HEARTBEAT: 'heartbeat', CRASH: 'crash', REQUEST: 'request', GROUP_JOIN: 'join' };

export interface ConsumerWorld {
  readonly process: SimProcess;
  readonly broker: SimBroker;
  /** To the broker for everything but commits. */
  readonly link: Link;
  readonly commits: Link;
  readonly staleFetches: boolean;
}

/**
 * kafkajs's consumer as far as our member uses it, with its habits: no revoke hook; commits whatever it is given, under
 * the generation of its last SyncGroup; a fetch may outlive a rebalance; paused partitions stay paused; a new assignment
 * reads from the last commit. `joinGroup`, with its fence, is the real one.
 */
export const kafkajsModel = (world: ConsumerWorld): Parameters<typeof joinGroup>[0] =>
  ({ consumer: () => new ConsumerModel(world) }) as unknown as Parameters<typeof joinGroup>[0];

class ConsumerModel {
  readonly events = EVENTS;
  private readonly handlers = new Map<string, (event: { payload: unknown }) => void>();
  private readonly pausedPlaces = new Map<string, TopicPartition>();
  private positions = new Map<string, Position>();
  private memberId: string | undefined;
  private generation = -1;
  /** Of the last assignment: commits go out under it. */
  private committing: { memberId: string; generation: number } | undefined;
  private rejoin: 'no' | 'as-member' | 'anew' = 'no';
  private running = false;
  private isJoining = false;
  /** Rejects what is on its way when the connections are closed. */
  private disconnected = (_: Error): void => {};
  private readonly closed = new Promise<never>((_, reject) => {
    this.disconnected = reject;
  });
  private hear: (() => void) | undefined;
  private held: readonly Fetched[] = [];
  private eachBatch: EachBatch = async () => {};
  private readonly listener: () => void;

  constructor(private readonly world: ConsumerWorld) {
    this.closed.catch(() => {});
    this.listener = () => world.process.enter(() => this.wake());
  }

  on(name: string, handler: (event: { payload: unknown }) => void): void {
    this.handlers.set(name, handler);
  }
  connect = async (): Promise<void> => {};
  subscribe = async (): Promise<void> => {};

  async run({ eachBatch }: { eachBatch: EachBatch }): Promise<void> {
    const { broker, process } = this.world;
    this.eachBatch = eachBatch;
    this.running = true;
    broker.listeners.add(this.listener);
    process.onDeath(() => broker.listeners.delete(this.listener));
    await this.joinAndSync();
    this.heartbeats();
    void this.loop();
  }

  async disconnect(): Promise<void> {
    if (!this.running) return;
    const { broker, link, process } = this.world;
    this.running = false;
    broker.listeners.delete(this.listener);
    this.wake();
    this.disconnected(Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' }));
    const { memberId } = this;
    if (memberId !== undefined) await link.ask(process, 'leave', () => broker.leave(memberId)).catch(() => {});
  }

  paused(): { topic: string; partitions: number[] }[] {
    return [...this.pausedPlaces.values()].map(({ topic, partition }) => ({ topic, partitions: [partition] }));
  }
  pause(topics: readonly { topic: string; partitions: readonly number[] }[]): void {
    for (const place of flat(topics)) this.pausedPlaces.set(nameOf(place), place);
  }
  resume(topics: readonly { topic: string; partitions: readonly number[] }[]): void {
    for (const place of flat(topics)) this.pausedPlaces.delete(nameOf(place));
    this.wake();
  }

  private emit(name: string, payload: unknown = {}): void {
    this.handlers.get(name)?.({ payload });
  }

  private wake(): void {
    const { hear } = this;
    this.hear = undefined;
    hear?.();
  }

  private async joinAndSync(): Promise<void> {
    this.isJoining = true;
    while (!(await this.tryToJoin())) await this.sleep(RETRY_MS);
    this.isJoining = false;
  }

  /** Rejects when the connections were closed meanwhile: nobody hears the answer then. */
  private async joined(): Promise<{ memberId: string; generation: number }> {
    const { broker, link, process } = this.world;
    const { memberId } = this;
    const answered = link.askLater<{ memberId: string; generation: number }>(process, 'join', (answer) =>
      broker.join(process, memberId, answer),
    );
    void answered.then((one) => {
      if (!this.running) broker.abandon(one.memberId);
    });
    return Promise.race([answered, this.closed]);
  }

  private async tryToJoin(): Promise<boolean> {
    const { broker, link, process } = this.world;
    try {
      const joined = await this.joined();
      this.memberId = joined.memberId;
      this.generation = joined.generation;
      this.emit(EVENTS.REQUEST, { apiName: 'JoinGroup' });
      const synced = link.ask(process, 'sync', () => broker.sync(joined.memberId, joined.generation));
      const places = await Promise.race([synced, this.closed]);
      this.emit(EVENTS.REQUEST, { apiName: 'SyncGroup' });
      this.committing = joined;
      this.positions = new Map(places.map((place) => [nameOf(place), { place, next: undefined }]));
      this.emit(EVENTS.GROUP_JOIN, { memberId: joined.memberId, memberAssignment: byTopic(places) });
      return true;
    } catch (error) {
      if (!this.running) throw error;
      if (isUnknown(error)) this.memberId = undefined;
      return false;
    }
  }

  private heartbeats(): void {
    const { broker, link, process } = this.world;
    process.clock.after(HEARTBEAT_MS, () => {
      const { memberId, generation } = this;
      if (!this.running) return;
      if (memberId === undefined || this.isJoining || this.rejoin !== 'no') return this.heartbeats();
      link
        .ask(process, 'heartbeat', () => broker.heartbeat(memberId, generation))
        .then(
          () => this.emit(EVENTS.HEARTBEAT),
          (error: unknown) => {
            if (this.isJoining || memberId !== this.memberId || generation !== this.generation) return;
            this.rejoin = isUnknown(error) ? 'anew' : 'as-member';
            this.wake();
          },
        )
        .then(() => this.heartbeats());
    });
  }

  private async loop(): Promise<void> {
    while (this.running) {
      try {
        if (this.rejoin !== 'no') await this.comeBack();
        else if (!(await this.readOnce())) await this.nextNews();
      } catch {
        await this.sleep(RETRY_MS);
      }
    }
  }

  private async comeBack(): Promise<void> {
    const late = this.rejoin === 'as-member' && this.world.staleFetches ? this.held : [];
    if (this.rejoin === 'anew') this.memberId = undefined;
    this.rejoin = 'no';
    await this.joinAndSync();
    this.held = [];
    for (const batch of late) await this.handOver(batch);
  }

  /** False if there is nothing to read. */
  private async readOnce(): Promise<boolean> {
    const { broker, link, process } = this.world;
    const { positions } = this;
    const unknown = [...positions.values()].filter(({ next }) => next === undefined);
    if (unknown.length > 0) {
      const offsets = await link.ask(process, 'offsets', () => broker.offsets(unknown.map(({ place }) => place)));
      unknown.forEach((position, nth) => {
        position.next ??= offsets[nth];
      });
      return true;
    }
    const wanted = [...positions.values()].flatMap(({ place, next = 0 }) =>
      this.pausedPlaces.has(nameOf(place)) || next >= broker.end(place) ? [] : [{ place, from: next }],
    );
    if (wanted.length === 0) return false;
    const fetched = await link.ask(process, 'fetch', () =>
      wanted.map(({ place, from }) => ({ place, from, records: broker.read(place, from) })),
    );
    this.emit(EVENTS.FETCH);
    if (this.rejoin !== 'no') {
      this.held = fetched;
      return true;
    }
    for (const batch of fetched) await this.handOver(batch);
    return true;
  }

  private async handOver({ place, from, records }: Fetched): Promise<void> {
    const name = nameOf(place);
    if (!this.running || records.length === 0) return;
    if (!this.positions.has(name) || this.pausedPlaces.has(name)) return;
    await this.eachBatch({
      batch: batchOf(place, from, records, this.world.broker.end(place)),
      resolveOffset: (offset: string) => {
        const position = this.positions.get(name);
        if (position !== undefined) position.next = Number(offset) + 1;
      },
      commitOffsetsIfNecessary: (offsets: Offsets) => this.commit(offsets),
    });
  }

  private commit({ topics }: Offsets): Promise<void> {
    const { broker, commits, process } = this.world;
    const under = this.committing ?? { memberId: '', generation: -1 };
    const places = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
    );
    return commits.ask(process, 'commit', () => broker.commit(under.memberId, under.generation, places));
  }

  private nextNews = (): Promise<void> => new Promise((resolve) => (this.hear = resolve));
  private sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => this.world.process.clock.after(ms, () => resolve()));
}
