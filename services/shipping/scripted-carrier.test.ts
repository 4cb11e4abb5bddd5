import { askCarrier, thinkingMs } from './scripted-carrier';

describe('the scripted carrier', () => {
  it.each([
    ['DE', 'booked'],
    ['XX', 'carrier-refused'],
  ])('answers for %s: %s', (country, outcome) => {
    expect(askCarrier({ country }).outcome).toBe(outcome);
  });

  it('thinks about Slowtown', () => {
    expect(thinkingMs({ country: 'DE', city: 'Slowtown' })).toBe(1_500);
    expect(thinkingMs({ country: 'DE' })).toBe(0);
  });
});
