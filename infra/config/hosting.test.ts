import { own, pooled } from '../../workflows/kit/contract';
import { hostingOverrides } from './hosting';

describe('HOSTING', () => {
  it('names journeys and where their new subjects live', () => {
    const read = hostingOverrides.parse('appointmentJourney=pooled:16, other=own,');
    expect([...read]).toEqual([
      ['appointmentJourney', pooled({ hosts: 16 })],
      ['other', own],
    ]);
    expect(hostingOverrides.parse(undefined).size).toBe(0);
  });

  it.each(['appointmentJourney', 'a=pooled', 'a=pooled:0', 'a=owned', '=own'])('refuses %s', (text) => {
    expect(hostingOverrides.safeParse(text).error?.issues[0]?.message).toContain(text);
  });
});
