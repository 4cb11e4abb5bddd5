import fc from 'fast-check';
import { deliveredEvent, subjectRef } from '../test/samples';
import type { DeliveredEvent } from '../types';
import { inLaneOrder, parkedInto } from './lane-order';

const ref = subjectRef('order-1');
/** `a3`: read at offset 3 of partition a. */
const at = (place: string, eventId = place): DeliveredEvent => ({
  ...deliveredEvent(ref, eventId),
  source: { topic: place.slice(0, 1), partition: 0, offset: place.slice(1) },
});
const laneOf = (...events: readonly DeliveredEvent[]) => inLaneOrder(events).map(({ eventId }) => eventId);

describe('the order of a lane', () => {
  it('is by offset within a partition, whenever an event comes', () => {
    expect(laneOf(at('a7'), at('a9'), at('a10'), at('a5'), at('a8'))).toEqual(['a5', 'a7', 'a8', 'a9', 'a10']);
  });

  it('is by coming between partitions: one that comes late goes before what stands behind it, and no further', () => {
    expect(laneOf(at('b3'), at('a7'), at('b1'), at('a5'))).toEqual(['b1', 'b3', 'a5', 'a7']);
    expect(laneOf(at('b3'), at('a7'), at('b4'), at('a9'), at('a8'))).toEqual(['b3', 'a7', 'b4', 'a8', 'a9']);
  });

  it('knows partitions of two topics apart, and those of one', () => {
    const other = { ...at('a1', 'other'), source: { topic: 'a', partition: 1, offset: '1' } };
    expect(laneOf(at('a7'), other, at('b1'))).toEqual(['a7', 'other', 'b1']);
  });

  it('is by coming for events that were read nowhere', () => {
    expect(laneOf(deliveredEvent(ref, 'x'), at('a2'), deliveredEvent(ref, 'y'), at('a1'))).toEqual([
      'x',
      'a1',
      'a2',
      'y',
    ]);
  });

  it('has each id once, where it was read first in its partition', () => {
    expect(laneOf(at('a4', 'twice'), at('b1'), at('a9', 'twice'), at('b2', 'twice'))).toEqual(['twice', 'b1']);
    expect(laneOf(at('a7'), at('a9', 'twice'), at('b1'), at('a4', 'twice'), at('a5'))).toEqual([
      'twice',
      'a5',
      'a7',
      'b1',
    ]);
    expect(laneOf(at('a9', 'twice'), at('b1'), at('a4', 'twice'))).toEqual(['twice', 'b1']);
  });

  it('goes on whatever is parked together: by offset within each partition, each id once', () => {
    const place = fc.tuple(fc.constantFrom('a', 'b'), fc.nat(9), fc.nat(9));
    const event = place.map(([topic, offset, id]) => at(`${topic}${offset}`, `e${id}`));
    fc.assert(
      fc.property(fc.array(fc.array(event)), (batches) => {
        const lane = batches.reduce(parkedInto, []);
        const ids = new Set(batches.flat().map(({ eventId }) => eventId));
        expect(lane.map(({ eventId }) => eventId).sort()).toEqual([...ids].sort());
        for (const topic of ['a', 'b']) {
          const offsets = lane.flatMap(({ source }) => (source?.topic === topic ? [Number(source.offset)] : []));
          expect(offsets).toEqual([...offsets].sort((one, other) => one - other));
        }
      }),
    );
  });
});
