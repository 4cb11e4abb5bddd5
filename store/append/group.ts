/** How much one transaction takes at most. One request above `bytes` still goes, alone. */
export interface GroupLimits {
  readonly requests: number;
  readonly bytes: number;
}

export interface Waiting {
  readonly subject: string;
  readonly bytes: number;
}

/**
 * The next group out of the queue, oldest first: one request per subject, none of a subject that is in flight, and per
 * subject never a later one before an earlier one.
 */
export function takeGroup<Item extends Waiting>(
  queue: readonly Item[],
  inFlight: ReadonlySet<string>,
  limits: GroupLimits,
): { readonly group: readonly Item[]; readonly rest: readonly Item[] } {
  const group: Item[] = [];
  const taken = new Set<string>();
  let bytes = 0;
  for (const item of queue) {
    if (group.length >= limits.requests) break;
    if (inFlight.has(item.subject) || taken.has(item.subject)) continue;
    if (group.length > 0 && bytes + item.bytes > limits.bytes) break;
    taken.add(item.subject);
    group.push(item);
    bytes += item.bytes;
  }
  const chosen = new Set(group);
  return { group, rest: queue.filter((item) => !chosen.has(item)) };
}
