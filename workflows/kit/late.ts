import type { WireEvent } from './wire';

/** Late events travel whole in an activity's input, which the server limits to 2 MiB; the client warns at 512 KiB. */
const MAX_BYTES = 384 * 1024;

/** Cuts events into pieces that fit into an activity's input, in order; one event alone may be larger. */
export function piecesOf(events: readonly WireEvent[], maxBytes: number = MAX_BYTES): WireEvent[][] {
  const pieces: WireEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const bytes = JSON.stringify(event).length;
    const piece = pieces.at(-1);
    if (piece === undefined || bytes > room) {
      pieces.push([event]);
      room = maxBytes - bytes;
    } else {
      piece.push(event);
      room -= bytes;
    }
  }
  return pieces;
}
