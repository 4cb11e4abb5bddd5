import type { ParkCause } from '../types';
import { causesThatStay } from './lane-cause';

const parked = (...causes: readonly ParkCause[]) =>
  causes.reduce((before, given) => (causesThatStay(given).includes(before) ? before : given));

describe('the cause of a lane', () => {
  it('is the last one that was given', () => {
    expect(parked('early', 'blocked')).toBe('blocked');
    expect(parked('blocked', 'refused')).toBe('refused');
    expect(parked('early', 'start-missing')).toBe('start-missing');
    expect(parked('start-missing', 'workflow-gone')).toBe('workflow-gone');
  });

  it('stays when early events are added: what is blocked may be the start that they wait for', () => {
    for (const cause of ['blocked', 'refused', 'workflow-gone'] as const) {
      expect(parked(cause, 'early')).toBe(cause);
      expect(parked(cause, 'start-missing')).toBe(cause);
    }
    expect(parked('start-missing', 'early')).toBe('start-missing');
  });
});
