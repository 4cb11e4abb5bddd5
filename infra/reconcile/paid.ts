import type { Facts } from './facts';

/** How completed orders were paid, by order: each is in one of these lists. */
export interface Paid {
  /** By a charge of the payments service that is in force. */
  readonly charged: readonly string[];
  /** By a payment that the payments service does not know: prepaid, told by an event of somebody else. */
  readonly elsewhere: readonly string[];
  /** Elsewhere, and charged as well. */
  readonly twice: readonly string[];
  /** By nothing that is in force. */
  readonly unpaid: readonly string[];
}

/** Which payment an order took, by its own story; which of them are the payments service's, by its own table. */
export function paidOrders({ streams, stored, services }: Facts): Paid {
  const inForce = new Set(services.charges.filter((charge) => charge.inForce > 0).map(orderName));
  const paid: Record<keyof Paid, string[]> = { charged: [], elsewhere: [], twice: [], unpaid: [] };
  for (const { subject, target, stage } of streams) {
    if (target !== 'orderSaga' || stage !== 'completed') continue;
    const order = orderOf(subject);
    const data = stored.get(subject)?.find(({ to }) => to === 'paid')?.data;
    const foreign = paymentIdIn(data).some((id) => !services.paymentIds.has(id));
    if (inForce.has(order)) paid[foreign ? 'twice' : 'charged'].push(order);
    else paid[foreign ? 'elsewhere' : 'unpaid'].push(order);
  }
  return paid;
}

const paymentIdIn = (data: unknown): readonly string[] =>
  typeof data === 'object' && data !== null && 'paymentId' in data && typeof data.paymentId === 'string'
    ? [data.paymentId]
    : [];

/** `<tenantId>/<orderId>`, as the services know it. */
export const orderOf = (subject: string): string => subject.split('/').slice(1).map(decodeURIComponent).join('/');
export const orderName = ({ tenantId, orderId }: { readonly tenantId: string; readonly orderId: string }): string =>
  `${tenantId}/${orderId}`;
