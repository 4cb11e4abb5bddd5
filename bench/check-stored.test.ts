import { countOnce, requireOrder } from './check-stored';

const sent = ['a1', 'b1', 'a2', 'b2'].map((eventId) => ({ eventId, aggregateId: eventId.slice(0, 1) }));

describe('what is stored', () => {
  it('may lack events, which are not counted', () => {
    expect(countOnce(['a1', 'b1'], sent)).toBe(2);
  });

  it('is refused when an event is there twice, or was never sent', () => {
    expect(() => countOnce(['a1', 'a1'], sent)).toThrow('1 events took effect twice');
    expect(() => countOnce(['a1', 'c1'], sent)).toThrow('1 events are stored that were not sent');
  });

  it('is refused when an event overtook another of its key, not one of another key', () => {
    expect(() => requireOrder(['b1', 'b2', 'a1', 'a2'], sent)).not.toThrow();
    expect(() => requireOrder(['b1', 'a2', 'a1', 'b2'], sent)).toThrow('an event of a overtook another');
  });
});
