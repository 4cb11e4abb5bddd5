import type { Pool } from 'pg';
import { type OrderReport, type ReportFilter, reportSteps } from '../kit/report';
import { createService, type Service, type ServiceOptions } from '../kit/service';
import { shipmentRoutes } from './routes';

export { migrateShipping } from './migration';

/** Shipments, booked and cancelled per order. Tells ShipmentBooked and ShipmentCancelled. */
export const createShippingService = (options: ServiceOptions): Service =>
  createService('shipping', (committed) => ({ routes: shipmentRoutes(options.pool, committed) }), options);

/** Shipments per order. */
export const reportShipping = (pool: Pool, filter: ReportFilter): Promise<readonly OrderReport[]> =>
  reportSteps(pool, { table: 'shipping.shipments', granted: 'booked', refused: 'carrier-refused' }, filter);
