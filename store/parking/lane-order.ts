import type { DeliveredEvent } from '../types';

/**
 * The order in which a lane keeps these: events of one partition by their offsets, whenever they come; between
 * partitions, and those without a source, as they come. Each id once, at its earliest offset.
 */
export function inLaneOrder(events: readonly DeliveredEvent[]): readonly DeliveredEvent[] {
  let lane: DeliveredEvent[] = [];
  const known = new Set<string>();
  const furthest = new Map<string, bigint>();
  for (const event of events) {
    const { source, eventId } = event;
    const partition = source && `${source.topic}/${source.partition}`;
    const offset = BigInt(source?.offset ?? 0);
    const isLast = partition === undefined || offset > (furthest.get(partition) ?? -1n);
    if (isLast && !known.has(eventId)) lane.push(event);
    else lane = inserted(lane, [event]); // rare, and slow
    known.add(eventId);
    if (partition !== undefined && isLast) furthest.set(partition, offset);
  }
  return lane;
}

/** What `parkInLane` does in SQL: each event before those of the lane that stand behind it in its partition, or last. */
export const parkedInto = (
  lane: readonly DeliveredEvent[],
  events: readonly DeliveredEvent[],
): readonly DeliveredEvent[] => inserted(lane, inLaneOrder(events));

function inserted(lane: readonly DeliveredEvent[], ordered: readonly DeliveredEvent[]): DeliveredEvent[] {
  const known = new Map(lane.map((event) => [event.eventId, event]));
  const placed = ordered
    .filter((event) => {
      const there = known.get(event.eventId);
      return there === undefined || isBehind(there, event);
    })
    .map((event) => ({ event, at: lane.findIndex((one) => isBehind(one, event)) }));
  const moved = new Set(placed.map(({ event }) => event.eventId));
  const before = (nth: number) => placed.filter(({ at }) => at === nth).map(({ event }) => event);
  const rest = lane.map((one, nth) => [...before(nth), ...(moved.has(one.eventId) ? [] : [one])]);
  return [...rest.flat(), ...before(-1)];
}

const isBehind = ({ source: one }: DeliveredEvent, { source: other }: DeliveredEvent): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.topic === other.topic &&
  one.partition === other.partition &&
  BigInt(one.offset) > BigInt(other.offset);
