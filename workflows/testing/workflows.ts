/** Bundle of the tests: the platform's workflows and those that only tests need. */
export * from '../index';
export { counterJourney } from './counter-journey.workflow';
export { oneLocalActivityPerSignal } from './one-local-activity-per-signal.workflow';
