import type { Pool } from 'pg';
import { type OrderReport, type ReportFilter, reportSteps } from '../kit/report';
import { createService, type Service, type ServiceOptions } from '../kit/service';
import { inventoryRoutes } from './routes';

export { migrateInventory } from './migration';

/** Stock per tenant and sku, reserved and released per order. Tells StockReserved and StockReleased. */
export const createInventoryService = (options: ServiceOptions): Service =>
  createService('inventory', (committed) => ({ routes: inventoryRoutes(options.pool, committed) }), options);

/** Reservations per order. */
export const reportInventory = (pool: Pool, filter: ReportFilter): Promise<readonly OrderReport[]> =>
  reportSteps(pool, { table: 'inventory.reservations', granted: 'reserved', refused: 'out-of-stock' }, filter);
