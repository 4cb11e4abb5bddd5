import fc from 'fast-check';
import type { Delivery } from './delivery';
import { cancelled, createBridgeParts, placed, ref, settled } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';

/** Consecutive events of one record key: what one bridge reads of one partition. */
interface Topic {
  readonly name: string;
  readonly deliveries: readonly Delivery[];
}

/** Settles a topic as the consumer's core does: gathered at random, each batch until it is through. */
async function consume(
  parts: ReturnType<typeof createBridgeParts>,
  topic: Topic,
  sizes: readonly number[],
  hop: () => Promise<void>,
) {
  let at = 0;
  for (let turn = 0; at < topic.deliveries.length; turn += 1) {
    const batch = topic.deliveries.slice(at, at + (sizes[turn % sizes.length] ?? 1));
    for (;;) {
      await hop();
      const through = await parts.settle(batch).then(
        () => true,
        () => false,
      );
      if (through) break;
    }
    at += batch.length;
  }
}

const firstTimes = (ids: readonly string[]): string[] => [...new Set(ids)];
const idsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ event }) => event.eventId);

describe('two bridges with the topics of one subject', () => {
  it('overtake no event of a record key, lose none and start first, whatever comes in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.constantFrom('unavailable' as const, 'deadline' as const), { maxLength: 3 }),
        fc.boolean(),
        async (scheduler, payments, cancels, sizes, faults, closes) => {
          let clock = 0;
          const hop = async (label = 'hop') => {
            clock += 1;
            await scheduler.schedule(Promise.resolve(), label);
          };
          const world = createMemoryWorld(hop, () => clock);
          world.plan(...faults);
          const options = { now: () => clock, pause: () => hop('pause'), earlyMaxAgeMs: 1e9 };
          const [ofOrders, ofPayments] = [createBridgeParts(world, options), createBridgeParts(world, options)];
          const orders: Topic = {
            name: 'orders',
            deliveries: [placed(), ...Array.from({ length: cancels }, () => cancelled())],
          };
          const paid: Topic = { name: 'payments', deliveries: Array.from({ length: payments }, () => settled()) };
          const start = orders.deliveries[0]?.event.eventId;

          const work = async () => {
            for (let hops = 0; hops < 6 || !world.workflows.has(ref.subject); hops += 1) await hop('work');
            world.record(ref);
            if (!closes) return;
            for (let hops = 0; hops < 6; hops += 1) await hop('work');
            // No await between the last look and the return, as in the kit.
            world.record(ref, 'closed');
            world.end(ref.subject);
          };
          let consuming = true;
          const sweep = async (parts: ReturnType<typeof createBridgeParts>) => {
            while (consuming || world.lanes.size > 0) {
              await hop('sweep');
              await parts.sweep.round().catch(() => undefined);
            }
          };
          const everything = Promise.all([
            Promise.all([consume(ofOrders, orders, sizes, hop), consume(ofPayments, paid, sizes, hop)]).then(() => {
              consuming = false;
            }),
            work(),
            sweep(ofOrders),
            sweep(ofPayments),
          ]);
          await scheduler.waitFor(everything);

          const taken = firstTimes(world.workflows.get(ref.subject)?.taken.map(({ eventId }) => eventId) ?? []);
          const late = (world.streams.get(ref.subject)?.late ?? []).map(({ eventId }) => eventId);
          expect(taken[0]).toBe(start);
          expect(firstTimes([...taken, ...late]).toSorted()).toEqual(
            idsOf([...orders.deliveries, ...paid.deliveries]).toSorted(),
          );
          for (const { deliveries } of [orders, paid]) {
            const ids = idsOf(deliveries);
            expect(taken.filter((id) => ids.includes(id))).toEqual(ids.filter((id) => taken.includes(id)));
          }
        },
      ),
      {
        numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300),
        interruptAfterTimeLimit: 50_000,
        endOnFailure: process.env['SHRINK'] === undefined,
      },
    );
  }, 60_000);
});
