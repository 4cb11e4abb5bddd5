import { countOnce, requireAgreement, requireOrder } from './check-stored';

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

  describe('together', () => {
    const contender = (found: readonly string[], keepsOrder: boolean) => ({
      keepsOrder,
      storedEvents: async () => found,
      settle: jest.fn(async (_tenantId: string, _events: number) => undefined),
    });

    it('is all there: then what belongs to it is waited for', async () => {
      const whole = contender(['a1', 'b1', 'a2', 'b2'], true);
      expect(await requireAgreement(whole, 't', sent)).toBe(4);
      expect(whole.settle.mock.calls).toEqual([['t', 4]]);
    });

    it('lacks events: then nothing is waited for', async () => {
      const cut = contender(['a1', 'b1'], true);
      expect(await requireAgreement(cut, 't', sent)).toBe(2);
      expect(cut.settle).not.toHaveBeenCalled();
    });

    it('is out of order, which counts against those alone that claim to keep it', async () => {
      const found = ['a2', 'a1', 'b1', 'b2'];
      await expect(requireAgreement(contender(found, true), 't', sent)).rejects.toThrow(
        'an event of a overtook another',
      );
      expect(await requireAgreement(contender(found, false), 't', sent)).toBe(4);
      await expect(requireAgreement(contender(['a1', 'a1'], false), 't', sent)).rejects.toThrow('twice');
    });
  });
});
