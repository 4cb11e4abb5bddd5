import { type Call, type Core, createCore, type Output } from '../consumer/core';
import { DEFAULT_LIMITS } from '../consumer/types';
import type { IncomingRecord, RecordPlace, TopicPartition } from '../port';

export const PARTITIONS = 3;
const TOPIC = 'topic';
const MAX_BUFFERED = 20;
export const DELIVER_AT_MOST = 7;

/** What may happen to a consumer; numbers choose among what is there. */
export type Action =
  | { readonly do: 'deliver'; readonly partition: number; readonly count: number }
  | { readonly do: 'settle' | 'fail'; readonly which: number }
  | { readonly do: 'answer'; readonly ok: boolean }
  | { readonly do: 'assign'; readonly partitions: readonly number[]; readonly elsewhere: number }
  | { readonly do: 'wait'; readonly ms: number };

interface Shadow {
  position: number;
  /** Next offset to be read, as the broker keeps it. */
  committed: number;
  noted: number;
  paused: boolean;
  owned: boolean;
}

/**
 * A broker, two kinds of handlers and a clock around the real core. Every step checks what must hold; `settled` is what took
 * effect, here or with another owner.
 */
export class World {
  private now = 0;
  private calls: Call<number>[] = [];
  private question: Extract<Output<number>, { type: 'note' | 'commit' }> | undefined;
  private fate: boolean | undefined;
  private readonly settled = new Set<string>();
  private readonly shadows: Shadow[];
  readonly core: Core<number>;
  commits = 0;
  drained = false;

  /** `lanes[partition][offset]` names the lanes that a record feeds. */
  constructor(private readonly lanes: readonly (readonly (readonly string[])[])[]) {
    this.shadows = lanes.map(() => ({ position: 0, committed: 0, noted: 0, paused: false, owned: false }));
    this.core = createCore<number>({
      split: ({ partition, offset }) =>
        this.lanesOf(partition, Number(offset)).map((lane) => ({ lane, work: Number(offset) })),
      limits: { ...DEFAULT_LIMITS, maxBatch: 4, maxInFlight: 3, maxBufferedRecords: MAX_BUFFERED },
      retry: { initialMs: 10, maxMs: 80 },
      random: () => 0.5,
    });
    this.assign([...lanes.keys()], 0);
  }

  act(action: Action): void {
    switch (action.do) {
      case 'deliver':
        this.deliver(action.partition, action.count);
        break;
      case 'settle':
      case 'fail':
        this.finish(action.which, action.do === 'settle');
        break;
      case 'answer':
        this.answer(action.ok);
        break;
      case 'assign':
        this.assign(action.partitions, action.elsewhere);
        break;
      case 'wait':
        this.wait(action.ms);
        break;
      default:
        action satisfies never;
    }
  }

  /** From here all goes well: everything must get settled and committed. */
  finishAll(): void {
    this.assign([...this.lanes.keys()], 0);
    for (let round = 0; round < 10_000 && !this.isComplete(); round += 1) {
      for (const partition of this.shadows.keys()) this.deliver(partition, DELIVER_AT_MOST);
      if (this.calls.length > 0) this.finish(round, true);
      this.answer(true);
      this.wait(50);
    }
    if (!this.isComplete())
      throw new Error(`not everything was settled and committed: ${JSON.stringify([this.shadows, this.core.stats()])}`);
  }

  stop(): void {
    this.perform(this.core.step({ type: 'stop' }, this.now));
    for (let round = 0; round < 1_000 && !this.drained; round += 1) {
      if (this.calls.length > 0) this.finish(round, round % 3 > 0);
      this.answer(true);
      this.wait(10);
    }
    check(this.drained, 'a stopped core drains');
    check(this.core.stats().inFlight === 0, 'nothing is in flight once drained');
  }

  private isComplete = (): boolean =>
    this.shadows.every(({ committed }, partition) => committed === this.length(partition)) && this.calls.length === 0;

  private length = (partition: number): number => this.lanes[partition]?.length ?? 0;
  private lanesOf = (partition: number, offset: number): readonly string[] => this.lanes[partition]?.[offset] ?? [];

  private shadow(partition: number): Shadow {
    const shadow = this.shadows[partition % this.shadows.length];
    if (shadow === undefined) throw new Error('no such partition');
    return shadow;
  }

  private deliver(which: number, count: number): void {
    const partition = which % this.shadows.length;
    const shadow = this.shadow(partition);
    if (!shadow.owned || shadow.paused) return;
    const until = Math.min(this.length(partition), shadow.position + count);
    const records = Array.from({ length: until - shadow.position }, (_, index) =>
      recordAt(partition, shadow.position + index),
    );
    if (records.length === 0) return;
    shadow.position = until;
    this.perform(this.core.step({ type: 'records', records, highWatermark: BigInt(this.length(partition)) }, this.now));
    const { bufferedRecords } = this.core.stats();
    check(bufferedRecords <= 2 * MAX_BUFFERED + PARTITIONS * DELIVER_AT_MOST, `${bufferedRecords} records are held`);
  }

  private finish(which: number, ok: boolean): void {
    const [call] = this.calls.splice(which % Math.max(1, this.calls.length), 1);
    if (call === undefined) return;
    if (ok) for (const { record } of call.batch) this.settle(call.lane, record);
    this.perform(this.core.step({ type: ok ? 'settled' : 'failed', call }, this.now));
  }

  private settle(lane: string, { partition, offset }: IncomingRecord): void {
    for (let before = this.shadow(partition).committed; before < Number(offset); before += 1) {
      if (this.lanesOf(partition, before).includes(lane))
        check(this.settled.has(mark(partition, before, lane)), `${lane}: ${partition}@${offset} overtook ${before}`);
    }
    this.settled.add(mark(partition, Number(offset), lane));
  }

  private isDone = (partition: number, offset: number): boolean =>
    this.lanesOf(partition, offset).every((lane) => this.settled.has(mark(partition, offset, lane)));

  private answer(ok: boolean): void {
    const { question } = this;
    if (question === undefined) return;
    this.question = undefined;
    if (question.type === 'note')
      this.perform(this.core.step({ type: ok ? 'noted' : 'note-failed', id: question.id }, this.now));
    else {
      const reached = this.fate ?? ok;
      if (reached && this.fate === undefined) this.apply(question.offsets);
      this.fate = undefined;
      this.perform(this.core.step({ type: reached ? 'committed' : 'commit-failed', id: question.id }, this.now));
    }
  }

  private apply(offsets: readonly RecordPlace[]): void {
    for (const { partition, offset } of offsets) this.shadow(partition).committed = Number(offset);
  }

  /** A commit under way when the group is put together anew reached the broker before, or is refused; its answer comes later. */
  private decideFate(reached: boolean): void {
    if (this.question?.type !== 'commit' || this.fate !== undefined) return;
    this.fate = reached;
    if (reached) this.apply(this.question.offsets);
  }

  /** Another member works on what is taken away: it settles and commits `elsewhere` records in order. */
  private assign(partitions: readonly number[], elsewhere: number): void {
    const owned = new Set(partitions.map((partition) => partition % this.shadows.length));
    this.decideFate(elsewhere % 2 === 0);
    this.shadows.forEach((shadow, partition) => {
      if (!owned.has(partition)) {
        const until = Math.min(this.length(partition), shadow.committed + elsewhere);
        for (let offset = shadow.committed; offset < until; offset += 1)
          for (const lane of this.lanesOf(partition, offset)) this.settled.add(mark(partition, offset, lane));
        shadow.committed = until;
      }
      shadow.owned = owned.has(partition);
      shadow.position = shadow.committed;
      shadow.noted = shadow.committed;
      shadow.paused = false;
    });
    this.perform(this.core.step({ type: 'assigned', partitions: [...owned].map(placeOf) }, this.now));
  }

  private wait(ms: number): void {
    this.now += ms;
    const at = this.core.wakeAt();
    if (at !== undefined && at <= this.now) this.perform(this.core.step({ type: 'timer' }, this.now));
  }

  private perform(outputs: readonly Output<number>[]): void {
    for (const output of outputs) this.perceive(output);
  }

  private perceive(output: Output<number>): void {
    switch (output.type) {
      case 'settle':
        check(!this.calls.some(({ lane }) => lane === output.call.lane), `two calls in flight for ${output.call.lane}`);
        check(output.call.batch.length > 0 && output.call.batch.length <= 4, 'a batch has one to maxBatch items');
        this.calls.push(output.call);
        check(this.calls.length <= 3, 'no more calls than maxInFlight');
        break;
      case 'pause':
      case 'resume':
        for (const { partition } of output.partitions) this.shadow(partition).paused = output.type === 'pause';
        break;
      case 'note':
        check(this.question === undefined, 'one commit at a time');
        for (const record of output.records) this.checkNoted(record);
        this.question = output;
        break;
      case 'commit':
        check(this.question === undefined, 'one commit at a time');
        for (const { partition, offset } of output.offsets) this.checkCommit(partition, Number(offset));
        this.commits += 1;
        this.question = output;
        break;
      case 'drained':
        this.drained = true;
        break;
      default:
        output satisfies never;
    }
  }

  private checkNoted({ partition, offset }: IncomingRecord): void {
    const shadow = this.shadow(partition);
    check(shadow.owned, `noted for a partition that is not ours: ${partition}`);
    check(this.isDone(partition, Number(offset)), `noted before it was settled: ${partition}@${offset}`);
  }

  private checkCommit(partition: number, offset: number): void {
    const shadow = this.shadow(partition);
    check(shadow.owned, `a commit for a partition that is not ours: ${partition}`);
    check(offset > shadow.committed, `a commit backwards: ${partition}@${offset} after ${shadow.committed}`);
    for (let before = shadow.committed; before < offset; before += 1)
      check(this.isDone(partition, before), `a commit past ${partition}@${before}, which is not settled`);
  }
}

const check = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

const mark = (partition: number, offset: number, lane: string): string => `${partition}@${offset}:${lane}`;
const placeOf = (partition: number): TopicPartition => ({ topic: TOPIC, partition });
const recordAt = (partition: number, offset: number): IncomingRecord => ({
  topic: TOPIC,
  partition,
  offset: BigInt(offset),
  key: null,
  value: null,
  headers: {},
  timestamp: 0,
});
