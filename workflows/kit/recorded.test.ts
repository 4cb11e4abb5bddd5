import { counter } from '../testing/counter.machine';
import { counterEvent } from '../testing/counter-events';
import { stepThrough } from './machine';
import { deadlineMs, followed, pendingEffects, standingAfter } from './recorded';
import type { WireEvent } from './wire';

const event = (eventId: string, given: Partial<WireEvent> = {}): WireEvent => ({ ...counterEvent(eventId), ...given });
const idleAt = '2026-01-01T12:00:00.000Z';
const counting = { at: 'counting', count: 1, idleAt } as const;

describe('what is recorded of a journey', () => {
  test('follows the newest trace, and the correlation of its first event', () => {
    const events = [event('1', { traceparent: 'old' }), event('2', { traceparent: 'new' }), event('3')];
    const tracing = followed({ correlationId: '' }, events);
    expect(tracing).toEqual({ correlationId: 'corr', traceparent: 'new' });
    expect(followed(tracing, [event('4', { correlationId: 'other' })])).toEqual(tracing);
    expect(followed({ correlationId: '' }, [])).toEqual({ correlationId: '', traceparent: undefined });
  });

  test('is where it stands and until when; once it is closed, without a deadline', () => {
    const after = { stage: 'counting', state: counting, machineVersion: 1 };
    expect(standingAfter(counter, counting, false)).toEqual({ ...after, closed: false, deadline: idleAt });
    expect(standingAfter(counter, counting, true)).toEqual({ ...after, closed: true, deadline: undefined });
    expect(() => standingAfter(counter, undefined, false)).toThrow('counter has not begun');
  });

  test('has an instant as its deadline, or none', () => {
    expect(deadlineMs(counter, counting)).toBe(Date.parse(idleAt));
    expect(deadlineMs(counter, { ...counting, idleAt: null })).toBe(Number.POSITIVE_INFINITY);
    expect(deadlineMs(counter, undefined)).toBe(Number.POSITIVE_INFINITY);
    expect(() => deadlineMs({ ...counter, deadline: () => 'tomorrow' }, counting)).toThrow('which is no instant');
  });

  test('asks for effects under the version of their move, caused by its event', () => {
    const events = [event('1'), event('2', { data: { ring: true } }), event('3')];
    const outcome = stepThrough(counter, { state: counting, version: 7 }, events);
    expect(pendingEffects({ subject: 'c/test/a', tenantId: 'test' }, { correlationId: 'corr' }, outcome)).toEqual([
      {
        version: 9,
        effect: { name: 'ring', count: 3 },
        context: { key: 'c/test/a/9/ring', tenantId: 'test', correlationId: 'corr', causationId: '2' },
      },
    ]);
  });
});
