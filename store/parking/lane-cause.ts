import type { ParkCause } from '../types';

/**
 * Causes that a lane keeps when more is parked under this one. A blocked lane may hold the very start for which the early
 * events wait: called early, it would be left alone until that start is recorded.
 */
export function causesThatStay(given: ParkCause): readonly ParkCause[] {
  switch (given) {
    case 'early':
      return ['start-missing', 'workflow-gone', 'blocked', 'refused'];
    case 'start-missing':
      return ['workflow-gone', 'blocked', 'refused'];
    default:
      return [];
  }
}
