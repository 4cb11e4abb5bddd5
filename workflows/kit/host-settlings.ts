import type { Settling } from '../../activities/recording/hosting.activities';
import { chunksOf, ONE_CALL } from './chunks';
import type { Deadlines } from './deadlines';
import type { HostStore } from './host-store';
import { piecesOf } from './late';
import type { Held, Roster } from './roster';
import type { WireEvent } from './wire';

const SETTLED_AT_ONCE = { items: 200, characters: ONE_CALL };

/** What came for journeys that this host does not run, until the store has it. */
export class HostSettlings<State> {
  private settlings: Settling[] = [];

  constructor(
    private readonly parts: {
      readonly roster: Roster<State>;
      readonly deadlines: Deadlines;
      readonly store: Pick<HostStore<unknown>, 'settle'>;
    },
  ) {}

  /**
   * If some of it was parked, it is so no longer once the store has it. Pieces of one journey are too large to be settled
   * at once, so they are settled in their order.
   */
  add({ ref, parked }: Held<State>, why: Settling['why'], events: readonly WireEvent[]): void {
    const unpark = parked !== undefined;
    const pieces = piecesOf(events, SETTLED_AT_ONCE.characters);
    if (pieces.length === 0 && unpark) pieces.push([]);
    for (const piece of pieces) this.settlings.push({ why, ref, events: piece, ...(unpark && { unpark }) });
  }

  /** These events and all that wait for the journey; it leaves the memory. */
  addAll(held: Held<State>, why: Settling['why'], batch: readonly WireEvent[] = []): void {
    const { deadlines, roster } = this.parts;
    this.add(held, why, [...batch, ...held.front, ...held.inbox.take()]);
    held.front = [];
    deadlines.set(held.ref.subject, Number.POSITIVE_INFINITY);
    roster.letGo(held);
  }

  /** Of journeys that never started: their events wait in the store from now on. */
  giveUpStarts(): void {
    for (const held of this.parts.roster.withEvents()) {
      if (held.awaitsStartUntil !== undefined) this.addAll(held, 'early');
    }
  }

  async settle(): Promise<void> {
    const { settlings } = this;
    this.settlings = [];
    for (const chunk of chunksOf(settlings, SETTLED_AT_ONCE)) await this.parts.store.settle(chunk);
    this.takeBack(settlings.filter(({ why }) => why === 'early'));
  }

  /**
   * Of a journey for which something came while the store was given what waited for its start: perhaps the start itself,
   * and a bridge that took the lane for empty. What is parked now would come after that; as duplicates, it may.
   */
  private takeBack(given: readonly Settling[]): void {
    for (const { ref, events } of [...given].reverse()) {
      const held = this.parts.roster.get(ref.subject);
      if (held !== undefined && held.inbox.size > 0) held.front = [...events, ...held.front];
    }
  }
}
