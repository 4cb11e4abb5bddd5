import fc from 'fast-check';
import type { Delivery } from './delivery';
import { cancelled, createBridgeParts, placed, ref, settled } from './testing/bridge-parts';
import { createMemoryWorld } from './testing/memory-world';

interface Plan {
  readonly payments: number;
  readonly cancels: number;
  /** Sizes of the batches, in turn. */
  readonly sizes: readonly number[];
  /** Hops before the orders are read: most payments are early then. */
  readonly ordersWait: number;
  /** Calls to Temporal that fail, or whose answer is lost. */
  readonly callFaults: readonly ('unavailable' | 'deadline')[];
  /** Hops to or from the store that fail: before the effect or after it. */
  readonly storeFaults: readonly number[];
  readonly closes: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  payments: fc.integer({ min: 2, max: 6 }),
  cancels: fc.integer({ min: 0, max: 3 }),
  sizes: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 4 }),
  ordersWait: fc.integer({ min: 0, max: 60 }),
  callFaults: fc.array(fc.constantFrom('unavailable', 'deadline'), { maxLength: 3 }),
  storeFaults: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 }),
  closes: fc.boolean(),
});

/** Two bridges and a worker side by side, every step in an order that the scheduler chooses, until all is settled. */
async function play(scheduler: fc.Scheduler, plan: Plan) {
  let clock = 0;
  const step = async (label: string) => {
    clock += 1;
    await scheduler.schedule(Promise.resolve(), label);
  };
  const toStore = async (label: string) => {
    await step(label);
    if (plan.storeFaults.includes(clock)) throw new Error('the store is away, by plan');
  };
  const world = createMemoryWorld(toStore, () => clock, step);
  world.plan(...plan.callFaults);
  const options = { now: () => clock, pause: () => step('pause'), earlyMaxAgeMs: 1e9 };
  const [ofOrders, ofPayments] = [createBridgeParts(world, options), createBridgeParts(world, options)];
  const orders = [placed(), ...Array.from({ length: plan.cancels }, () => cancelled())];
  const payments = Array.from({ length: plan.payments }, () => settled());
  const steps = async (count: number) => {
    for (let done = 0; done < count; done += 1) await step('time passes');
  };

  const consume = async (parts: BridgeParts, deliveries: readonly Delivery[]) => {
    for (let at = 0, turn = 0; at < deliveries.length; turn += 1) {
      const batch = deliveries.slice(at, at + (plan.sizes[turn % plan.sizes.length] ?? 1));
      while (!(await isThrough(parts.settle(batch)))) await step('back-off');
      at += batch.length;
    }
  };
  const work = async () => {
    while (!world.workflows.has(ref.subject)) await step('idle');
    await steps(6);
    world.record(ref);
    if (!plan.closes) return;
    await steps(12);
    // With no await between the last look into the inbox and the return, as in the kit.
    world.record(ref, 'closed');
    world.end(ref.subject);
  };
  let consuming = true;
  const sweep = async (parts: BridgeParts) => {
    while (consuming || world.lanes.size > 0) {
      await step('interval');
      await isThrough(parts.sweep.round());
    }
  };
  const consumed = Promise.all([
    steps(plan.ordersWait).then(() => consume(ofOrders, orders)),
    consume(ofPayments, payments),
  ]).then(() => {
    consuming = false;
  });
  await scheduler.waitFor(Promise.all([consumed, work(), sweep(ofOrders), sweep(ofPayments)]));
  return { world, orders: idsOf(orders), payments: idsOf(payments) };
}

type BridgeParts = ReturnType<typeof createBridgeParts>;

const isThrough = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
const idsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ event }) => event.eventId);

describe('two bridges with the topics of one subject', () => {
  it('overtake no event of a record key, lose none and start first, whatever comes in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plan, async (scheduler, given) => {
        const { world, orders, payments } = await play(scheduler, given);

        const taken = [...new Set(world.workflows.get(ref.subject)?.taken.map(({ eventId }) => eventId))];
        const late = world.streams.get(ref.subject)?.late.map(({ eventId }) => eventId) ?? [];
        expect(taken[0]).toBe(orders[0]);
        expect(new Set([...taken, ...late])).toEqual(new Set([...orders, ...payments]));
        for (const sent of [orders, payments]) {
          expect(taken.filter((id) => sent.includes(id))).toEqual(sent.filter((id) => taken.includes(id)));
        }
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150), interruptAfterTimeLimit: 50_000 },
    );
  }, 60_000);
});
