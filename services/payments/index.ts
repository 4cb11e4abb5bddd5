import type { Pool } from 'pg';
import { type OrderReport, type ReportFilter, reportSteps } from '../kit/report';
import { createService, type Service, type ServiceOptions } from '../kit/service';
import { createDecider } from './decide-payments';
import { paymentRoutes } from './routes';

export { migratePayments } from './migration';

/** Payments, accepted at once and decided later. Tells PaymentSettled or PaymentDeclined, exactly one per payment, none after a void. */
export const createPaymentsService = (options: ServiceOptions): Service =>
  createService(
    'payments',
    (committed) => {
      const decider = createDecider({ pool: options.pool, logger: options.logger, committed });
      return { routes: paymentRoutes(options.pool, decider.wake), background: decider };
    },
    options,
  );

/** Charges per order: settled and not refunded is in force; refunded is undone; declined is refused. */
export const reportPayments = (pool: Pool, filter: ReportFilter): Promise<readonly OrderReport[]> =>
  reportSteps(pool, { table: 'payments.payments', granted: 'settled', refused: 'declined' }, filter);

/** Ids of all payments that these tenants' orders asked for, whatever became of them. */
export async function paymentIdsOf(pool: Pool, { tenantIds }: ReportFilter): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'select payment_id as id from payments.payments where tenant_id = any($1) and payment_id is not null',
    [tenantIds],
  );
  return rows.map(({ id }) => id);
}
