import { KafkaError } from '../errors';
import type { GroupListener, GroupMember, RecordPlace, TopicPartition } from '../port';
import type { MemoryLog } from './memory-log';

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
const BATCH = 100;

interface Member {
  readonly listener: GroupListener;
  readonly topics: readonly string[];
  readonly fromBeginning: boolean;
  assigned: Map<string, { readonly place: TopicPartition; next: bigint }>;
  paused: Set<string>;
  gone: boolean;
}

/** The coordinator's side: members, their partitions, committed offsets. A rebalance is told at once to everybody. */
export interface MemoryGroup {
  join(member: Pick<Member, 'listener' | 'topics' | 'fromBeginning'>): GroupMember;
  committed(): ReadonlyMap<string, RecordPlace>;
  /** Hands over what can be read now, later: never from within the call. */
  wake(): void;
  rebalance(): void;
  crash(error: Error): void;
}

export function createMemoryGroup(log: MemoryLog): MemoryGroup {
  let members: Member[] = [];
  let awake = false;
  const committed = new Map<string, RecordPlace>();

  const start = (member: Member, place: TopicPartition): bigint =>
    committed.get(nameOf(place))?.offset ?? (member.fromBeginning ? 0n : log.end(place));

  const rebalance = (): void => {
    const topics = [...new Set(members.flatMap((member) => member.topics))];
    const places = topics.flatMap((topic) => log.partitions(topic));
    const shares = new Map<Member, TopicPartition[]>(members.map((member) => [member, []]));
    places.forEach((place, index) => {
      const able = members.filter((member) => member.topics.includes(place.topic));
      const owner = able[index % able.length];
      if (owner !== undefined) shares.get(owner)?.push(place);
    });
    for (const [member, share] of shares) {
      member.paused.clear();
      member.assigned = new Map(share.map((place) => [nameOf(place), { place, next: start(member, place) }]));
      member.listener.assigned(share);
    }
    wake();
  };

  const deliver = (): void => {
    awake = false;
    for (const member of [...members]) {
      for (const [name, reading] of member.assigned) {
        if (member.gone || member.paused.has(name) || member.assigned.get(name) !== reading) continue;
        const records = log.read(reading.place, reading.next, BATCH);
        const last = records[records.length - 1];
        if (last === undefined) continue;
        reading.next = last.offset + 1n;
        member.listener.records(records, log.end(reading.place));
        wake();
      }
    }
  };

  const wake = (): void => {
    if (awake) return;
    awake = true;
    setImmediate(deliver);
  };

  const leave = (member: Member): void => {
    if (member.gone) return;
    member.gone = true;
    members = members.filter((one) => one !== member);
    rebalance();
  };

  const commit = (member: Member, offsets: readonly RecordPlace[]): void => {
    if (member.gone) throw new KafkaError('closed', 'the member has left');
    for (const place of offsets) {
      if (!member.assigned.has(nameOf(place)))
        throw new KafkaError('not-assigned', `${nameOf(place)} is not assigned now`);
      const before = committed.get(nameOf(place));
      if (before !== undefined && place.offset < before.offset)
        throw new KafkaError('backwards', `${nameOf(place)}: ${place.offset} is below ${before.offset}`);
    }
    for (const place of offsets) committed.set(nameOf(place), place);
  };

  return {
    join({ listener, topics, fromBeginning }) {
      const member: Member = { listener, topics, fromBeginning, assigned: new Map(), paused: new Set(), gone: false };
      members = [...members, member];
      rebalance();
      return {
        pause(places) {
          for (const place of places) member.paused.add(nameOf(place));
        },
        resume(places) {
          for (const place of places) member.paused.delete(nameOf(place));
          wake();
        },
        commit: async (offsets) => commit(member, offsets),
        stop: async () => leave(member),
      };
    },
    committed: () => committed,
    wake,
    rebalance,
    crash(error) {
      const lost = members;
      members = [];
      for (const member of lost) {
        member.gone = true;
        member.listener.crashed(error);
      }
    },
  };
}
