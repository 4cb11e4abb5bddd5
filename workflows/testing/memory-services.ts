import { type RefusalType, refusal } from '../../activities/failures';
import type { OrderActivities, OrderCall, OrderPolicy } from '../../activities/orders/orders.activities';
import { Watched } from './watched';

export type StepName = 'stock' | 'payment' | 'shipment';

/** How a step or an undo goes wrong. */
export type Fault =
  /** Refused before anything happened. */
  | { readonly kind: 'refused'; readonly type: RefusalType; readonly times?: number }
  /** Done, but no attempt gets an answer. */
  | { readonly kind: 'answer-lost' }
  /** No attempt gets an answer, and what was sent arrives only after the undo. */
  | { readonly kind: 'lands-after-undo' }
  /** Fails a few times in a way that is tried again. */
  | { readonly kind: 'fails'; readonly times: number }
  /** Waits until `release`. */
  | { readonly kind: 'held' };

interface Work {
  status: 'done' | 'undone';
  /** How often it was really done. */
  effects: number;
}

const steps = {
  reserveStock: 'stock',
  requestPayment: 'payment',
  bookShipment: 'shipment',
  releaseStock: 'stock',
  voidPayment: 'payment',
  cancelShipment: 'shipment',
} as const;
type Call = keyof typeof steps;

const tombstone = { stock: 'already-released', payment: 'already-voided', shipment: 'already-cancelled' } as const;

/** Stock, payment and shipping as they answer the saga: idempotent under the key, with tombstones, and with faults by order. */
export class MemoryServices extends Watched implements OrderActivities {
  policy: OrderPolicy = { paymentDeadlineMs: 15 * 60_000 };
  /** Every call that was received, attempts included. */
  readonly calls: { readonly orderId: string; readonly call: Call }[] = [];
  private readonly works = new Map<string, Work>();
  private readonly faults = new Map<string, Fault>();
  private readonly attempts = new Map<string, number>();
  private readonly landing = new Map<string, () => void>();
  private readonly released = new Set<string>();

  fault(orderId: string, call: Call, fault: Fault): void {
    this.faults.set(`${orderId}/${call}`, fault);
  }

  /** Lets a held call go on. */
  release(orderId: string, call: Call): void {
    this.released.add(`${orderId}/${call}`);
    this.changed();
  }

  /** The order of first attempts. */
  sequence(orderId: string): Call[] {
    return [...new Set(this.calls.filter((each) => each.orderId === orderId).map(({ call }) => call))];
  }

  attemptsOf(orderId: string, call: Call): number {
    return this.attempts.get(`${orderId}/${call}`) ?? 0;
  }

  /** Steps of an order that were done and not undone. */
  inForce(subject: string): StepName[] {
    return (['stock', 'payment', 'shipment'] as const).filter(
      (step) => this.works.get(`${subject}/${step}`)?.status === 'done',
    );
  }

  effects(subject: string, step: StepName): number {
    return this.works.get(`${subject}/${step}`)?.effects ?? 0;
  }

  untilCalled(orderId: string, call: Call): Promise<void> {
    return this.until(`${call} of ${orderId}`, () => this.attemptsOf(orderId, call) > 0);
  }

  orderPolicy = async () => this.policy;
  reserveStock = (order: OrderCall, key: string) => this.run('reserveStock', order, key);
  releaseStock = (order: OrderCall, key: string) => this.undo('releaseStock', order, key);
  requestPayment = async (order: OrderCall, key: string) => {
    await this.run('requestPayment', order, key);
    return { paymentId: `payment of ${key}` };
  };
  voidPayment = (order: OrderCall, key: string) => this.undo('voidPayment', order, key);
  bookShipment = async (order: OrderCall, key: string) => {
    await this.run('bookShipment', order, key);
    return { shipmentId: `shipment of ${key}` };
  };
  cancelShipment = (order: OrderCall, key: string) => this.undo('cancelShipment', order, key);

  private async run(call: Call, { orderId }: OrderCall, key: string): Promise<void> {
    const fault = await this.receive(call, orderId);
    if (fault?.kind === 'lands-after-undo') {
      this.landing.set(key, () => this.take(call, key));
      throw new Error('no answer');
    }
    this.take(call, key);
    if (fault?.kind === 'answer-lost') throw new Error('no answer');
  }

  private take(call: Call, key: string): void {
    const work = this.works.get(key);
    if (work?.status === 'undone') throw refusal(tombstone[steps[call]], `${key} was undone`, {});
    if (work === undefined) this.works.set(key, { status: 'done', effects: 1 });
    this.changed();
  }

  private async undo(call: Call, { orderId }: OrderCall, key: string): Promise<void> {
    await this.receive(call, orderId);
    this.works.set(key, { status: 'undone', effects: this.works.get(key)?.effects ?? 0 });
    this.changed();
    try {
      this.landing.get(key)?.();
    } catch {
      // refused by the tombstone, as it should be; nobody waits for the answer any more
    }
  }

  private async receive(call: Call, orderId: string): Promise<Fault | undefined> {
    const id = `${orderId}/${call}`;
    const attempt = (this.attempts.get(id) ?? 0) + 1;
    this.attempts.set(id, attempt);
    this.calls.push({ orderId, call });
    this.changed();
    const fault = this.faults.get(id);
    if (fault?.kind === 'held') await this.until(`release of ${id}`, () => this.released.has(id));
    if (fault?.kind === 'fails' && attempt <= fault.times) throw new Error('unavailable');
    if (fault?.kind === 'refused' && attempt <= (fault.times ?? Number.POSITIVE_INFINITY)) {
      throw refusal(fault.type, 'refused by the test', {});
    }
    return fault;
  }
}
