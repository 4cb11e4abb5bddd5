import { KafkaError } from '../errors';
import type { RecordPlace, TopicPartition } from '../port';

const name = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** A batch as it comes from a fetch: where the fetch was asked to begin, and where the next one begins. */
export interface FetchedRange extends TopicPartition {
  readonly from: bigint;
  readonly next: bigint;
}

/**
 * Who owns what now. kafkajs has no revoke hook, commits whatever it is given, with whatever generation it has by then, and may
 * hand over a batch fetched before a rebalance after it. The fence knows the present assignment and what was committed in it.
 */
export interface Fence {
  /** Closed while the group is put together: nothing may be committed. */
  close(): void;
  /** `asBefore`: false if the group has taken the member for dead meanwhile; then others may have committed in its place. */
  open(partitions: readonly TopicPartition[], asBefore?: boolean): void;
  assigned(): readonly TopicPartition[];
  /** False for a batch of an earlier assignment: it must be neither handed over nor counted as read. */
  admit(range: FetchedRange): boolean;
  /** @throws KafkaError not-assigned, backwards */
  checkCommit(offsets: readonly RecordPlace[]): void;
  committed(offsets: readonly RecordPlace[]): void;
}

interface Owned {
  readonly place: TopicPartition;
  /** Where reading starts again after a rebalance, as far as this member can know: its last commit, or else its first fetch. */
  restart: bigint | undefined;
  committed: bigint | undefined;
  /** Undefined until the first batch of this assignment. */
  next: bigint | undefined;
  /** Where reading starts again cannot be known. */
  unsure: boolean;
  refused: boolean;
}

export function createFence(): Fence {
  let owned = new Map<string, Owned>();
  /** Partitions that went to others: what was fetched of them before may still be on its way when they come back. */
  const gone = new Set<string>();
  let isOpen = false;
  return {
    close() {
      isOpen = false;
    },
    open(partitions, asBefore = true) {
      const before = owned;
      owned = new Map(
        partitions.map((place) => {
          const known = before.get(name(place));
          return [
            name(place),
            {
              place,
              restart: asBefore ? known?.restart : undefined,
              committed: known?.committed,
              next: undefined,
              unsure: known === undefined ? gone.has(name(place)) : !asBefore || isStillUnsure(known),
              refused: false,
            },
          ];
        }),
      );
      for (const lost of before.keys()) if (!owned.has(lost)) gone.add(lost);
      for (const kept of owned.keys()) gone.delete(kept);
      isOpen = true;
    },
    assigned: () => (isOpen ? [...owned.values()].map(({ place }) => place) : []),
    admit(range) {
      const one = owned.get(name(range));
      if (!isOpen || one === undefined) return false;
      if (isStale(one, range)) {
        one.refused = true;
        return false;
      }
      one.restart ??= range.from;
      one.next = range.next;
      return true;
    },
    checkCommit(offsets) {
      for (const place of offsets) {
        const one = owned.get(name(place));
        if (!isOpen || one === undefined) throw new KafkaError('not-assigned', `${name(place)} is not assigned now`);
        if (one.committed !== undefined && place.offset < one.committed)
          throw new KafkaError(
            'backwards',
            `${name(place)}: ${place.offset} is below ${one.committed}, which was committed before`,
          );
      }
    },
    committed(offsets) {
      for (const place of offsets) {
        const one = owned.get(name(place));
        if (one === undefined || (one.committed !== undefined && one.committed >= place.offset)) continue;
        one.committed = place.offset;
        one.restart = place.offset;
      }
    },
  };
}

/** Nothing of it was taken or committed before the next rebalance. */
const isStillUnsure = ({ unsure, restart }: Owned): boolean => unsure && restart === undefined;

/**
 * The first batch after a rebalance must begin where reading starts again. One that begins later was fetched before it: taking it
 * would skip what lies between. If that cannot be known, the first one may begin before what others have committed: it is refused
 * whatever it is, and fetched again if it was right. At most one such fetch can be on its way, so a second refusal would be a mistake: then the log's
 * beginning has moved (retention), and the batch is right.
 */
const isStale = (one: Owned, range: FetchedRange): boolean =>
  one.next === undefined && !one.refused && (one.unsure || (one.restart !== undefined && range.from > one.restart));
