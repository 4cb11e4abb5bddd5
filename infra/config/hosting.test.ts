import { own, pooled } from '../../workflows/kit/contract';
import { hostingOverrides, hostingOverridesFor } from './hosting';

const messagesFor = (text: string) => hostingOverrides.safeParse(text).error?.issues.map(({ message }) => message);

describe('HOSTING', () => {
  it('names journeys and where their new subjects live', () => {
    const read = hostingOverridesFor(['appointmentJourney', 'other']).parse('appointmentJourney=pooled:16, other=own,');
    expect([...read]).toEqual([
      ['appointmentJourney', pooled({ hosts: 16 })],
      ['other', own],
    ]);
    expect(hostingOverrides.parse(undefined).size).toBe(0);
  });

  it('knows the journeys that routes lead to', () => {
    expect([...hostingOverrides.parse('appointmentJourney=own').keys()]).toEqual(['appointmentJourney']);
  });

  it.each(['appointmentJourney', 'a=pooled', 'a=pooled:0', 'a=owned', '=own'])('refuses %s', (text) => {
    expect(messagesFor(text)?.[0]).toContain(`${text} is neither <journey>=own nor <journey>=pooled:<hosts>`);
  });

  it.each(['orderSaga=pooled:4', 'orderSaga=own', 'nobody=own'])('refuses %s, which is no journey', (text) => {
    const [target] = text.split('=');
    expect(messagesFor(text)).toEqual([`${text}: ${target} is no journey; there is appointmentJourney`]);
  });

  it('tells every fault, a journey named twice included', () => {
    const both = 'appointmentJourney=own';
    expect(messagesFor(`orderSaga=pooled:4, ${both}, ${both}, x`)).toEqual([
      'orderSaga=pooled:4: orderSaga is no journey; there is appointmentJourney',
      `${both}: appointmentJourney is named twice`,
      'x is neither <journey>=own nor <journey>=pooled:<hosts>, hosts 1 to 9999',
    ]);
  });
});
