export { createStore, type StoreMetrics, type StoreOptions } from './create-store';
export { StoreError, type StoreErrorCode, type StoreFailure } from './errors';
export { migrate } from './migrate';
export type { HeldLane, Page, Store, StoreReport } from './store';
export { TRANSITION_NAMESPACE, transitionId } from './transition-id';
export type * from './types';
