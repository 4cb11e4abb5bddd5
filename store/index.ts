export { createStore, type StoreMetrics, type StoreOptions } from './create-store';
export type { StoreErrorCode, StoreFailure } from './errors';
export { type OpenByHost, openByHost } from './hosting/open-by-host';
export { migrate } from './migrate';
export { type OpenStreams, openStreams } from './open-streams';
export type { HeldLane, Page, Store, StoreReport } from './store';
export type * from './types';
