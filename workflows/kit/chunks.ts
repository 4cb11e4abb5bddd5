/** Characters as JSON that one activity's input may hold: the client warns at 512 KiB. */
export const ONE_CALL = 256 * 1024;

/** Cuts a list into pieces of so many items and so many characters as JSON; one item alone may be larger. */
export function chunksOf<T>(
  items: readonly T[],
  limits: { readonly items: number; readonly characters: number },
  told: (item: T) => unknown = (item) => item,
): T[][] {
  const chunks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = JSON.stringify(told(item)).length;
    const chunk = chunks.at(-1);
    if (chunk === undefined || chunk.length >= limits.items || size > room) {
      chunks.push([item]);
      room = limits.characters - size;
    } else {
      chunk.push(item);
      room -= size;
    }
  }
  return chunks;
}

/** As many items from the front as fit into so many characters as JSON. */
export function fitting<T>(items: readonly T[], characters: number): T[] {
  let room = characters;
  const end = items.findIndex((item) => {
    room -= JSON.stringify(item).length + 1;
    return room < 0;
  });
  return items.slice(0, end < 0 ? items.length : end);
}
