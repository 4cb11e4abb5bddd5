import type { IncomingRecord, OutgoingRecord, RecordPlace, TopicPartition } from '@millrace/kafka';
import type { Journal } from './journal';
import type { SimProcess } from './process';
import { PARTITIONS, TOPICS } from './scenario';
import type { Timeline } from './timeline';

export const SESSION_MS = 6_000;
const REBALANCE_MS = 10_000;
const FETCHED_AT_ONCE = 6;

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
export const PLACES: readonly TopicPartition[] = TOPICS.flatMap((topic) =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })),
);

interface Member {
  readonly id: string;
  readonly process: SimProcess;
  lastHeard: number;
  generation: number;
  assignment: readonly TopicPartition[];
  waiting: ((joined: { readonly memberId: string; readonly generation: number }) => void) | undefined;
}

/** What a broker says no with, as kafkajs reports it. */
const refusal = (type: string): Error =>
  Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type, retriable: false });

/** Logs, one consumer group and its coordinator (the classic protocol). It checks generations, never who owns what. */
export class SimBroker {
  readonly logs = new Map<string, IncomingRecord[]>(PLACES.map((place) => [nameOf(place), []]));
  readonly committed = new Map<string, number>(PLACES.map((place) => [nameOf(place), 0]));
  /** Consumers that wait for records. */
  readonly listeners = new Set<() => void>();
  private readonly members = new Map<string, Member>();
  private generation = 0;
  private joining = false;
  private joined = 0;

  constructor(
    private readonly timeline: Timeline,
    private readonly journal: Journal,
    /** Called with each record that a commit covers anew. */
    private readonly covered: (record: IncomingRecord) => void,
  ) {}

  append({ topic, partition = 0, key, value, headers }: OutgoingRecord): void {
    const log = this.logs.get(nameOf({ topic, partition }));
    log?.push({
      topic,
      partition,
      offset: BigInt(log.length),
      key,
      value,
      headers: { ...headers },
      timestamp: this.timeline.now,
    });
    for (const wake of this.listeners) wake();
  }

  end = (place: TopicPartition): number => this.logs.get(nameOf(place))?.length ?? 0;

  read = (place: TopicPartition, from: number): readonly IncomingRecord[] =>
    this.logs.get(nameOf(place))?.slice(from, from + FETCHED_AT_ONCE) ?? [];

  offsets = (places: readonly TopicPartition[]): readonly number[] =>
    places.map((place) => this.committed.get(nameOf(place)) ?? 0);

  isCommitted(): boolean {
    return PLACES.every((place) => this.committed.get(nameOf(place)) === this.end(place));
  }

  join(process: SimProcess, memberId: string | undefined, answer: NonNullable<Member['waiting']>): void {
    const known = memberId === undefined ? undefined : this.members.get(memberId);
    this.joined += known === undefined ? 1 : 0;
    const id = known?.id ?? `member-${String(this.joined).padStart(3, '0')}`;
    const member = known ?? { id, process, lastHeard: 0, generation: 0, assignment: [], waiting: undefined };
    member.lastHeard = this.timeline.now;
    member.waiting = answer;
    this.members.set(id, member);
    this.rebalance();
  }

  /** @throws REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID */
  sync(memberId: string, generation: number): readonly TopicPartition[] {
    const member = this.hear(memberId);
    if (this.joining || generation !== this.generation) throw refusal('REBALANCE_IN_PROGRESS');
    return member.assignment;
  }

  /** @throws REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID */
  heartbeat(memberId: string, generation: number): void {
    this.hear(memberId);
    if (this.joining || generation !== this.generation) throw refusal('REBALANCE_IN_PROGRESS');
  }

  /** @throws ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID */
  commit(memberId: string, generation: number, offsets: readonly RecordPlace[]): void {
    const { assignment } = this.hear(memberId);
    if (generation !== this.generation) throw refusal('ILLEGAL_GENERATION');
    for (const { offset, ...place } of offsets) {
      const name = nameOf(place);
      const [before, after] = [this.committed.get(name) ?? 0, Number(offset)];
      const what = `${memberId} committed ${name}@${after}`;
      if (!assignment.some((one) => nameOf(one) === name)) this.journal.violate(`${what}, which is not its own`);
      if (after < before) this.journal.violate(`${what} after ${before}: backwards`);
      if (after > this.end(place)) this.journal.violate(`${what}, beyond the end`);
      for (const record of this.logs.get(name)?.slice(before, after) ?? []) this.covered(record);
      this.committed.set(name, after);
    }
  }

  /** Nobody speaks for this member any more. */
  abandon(memberId: string): void {
    this.timeline.plan(SESSION_MS, () => this.remove(memberId));
  }

  leave(memberId: string): void {
    this.remove(memberId);
  }

  /** The coordinator takes the process for dead. */
  expel(process: SimProcess): void {
    for (const { id, process: of } of [...this.members.values()]) if (of === process) this.remove(id);
  }

  /** To be called when a process falls silent: its members are removed once their session is over. */
  watch(process: SimProcess): void {
    for (const member of this.members.values()) {
      if (member.process !== process) continue;
      const left = member.lastHeard + SESSION_MS - this.timeline.now;
      this.timeline.plan(left, () => {
        if (this.members.get(member.id) !== member) return;
        if (this.timeline.now - member.lastHeard >= SESSION_MS) this.remove(member.id);
        else if (process.state !== 'running') this.watch(process);
      });
    }
  }

  private hear(memberId: string): Member {
    const member = this.members.get(memberId);
    if (member === undefined) throw refusal('UNKNOWN_MEMBER_ID');
    member.lastHeard = this.timeline.now;
    return member;
  }

  private remove(memberId: string): void {
    if (!this.members.delete(memberId)) return;
    if (this.members.size > 0) this.rebalance();
    else this.joining = false;
  }

  private rebalance(): void {
    if (!this.joining) {
      this.joining = true;
      const { generation } = this;
      this.timeline.plan(REBALANCE_MS, () => {
        if (!this.joining || generation !== this.generation) return;
        for (const { id, waiting } of [...this.members.values()]) if (waiting === undefined) this.members.delete(id);
        if (this.members.size > 0) this.complete();
        else this.joining = false;
      });
    }
    if ([...this.members.values()].every(({ waiting }) => waiting !== undefined)) this.complete();
  }

  private complete(): void {
    this.joining = false;
    this.generation += 1;
    const members = [...this.members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    members.forEach((member, nth) => {
      member.assignment = PLACES.filter((_, at) => at % members.length === nth);
      member.generation = this.generation;
      member.lastHeard = this.timeline.now;
      member.waiting?.({ memberId: member.id, generation: this.generation });
      member.waiting = undefined;
      if (member.process.state !== 'running') this.watch(member.process);
    });
  }
}
