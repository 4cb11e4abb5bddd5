import { inTurn, samplesOf, sidesOf, specsOf } from './sides';

describe('sides of a comparison', () => {
  it('take settings as the environment has them, several to a side', () => {
    expect(sidesOf(['HOSTING=appointmentJourney=pooled:4 RECORDING=activity', 'RECORDING='])).toEqual([
      { label: '', environment: {} },
      {
        label: 'HOSTING=appointmentJourney=pooled:4 RECORDING=activity',
        environment: { HOSTING: 'appointmentJourney=pooled:4', RECORDING: 'activity' },
      },
      { label: 'RECORDING=', environment: { RECORDING: '' } },
    ]);
  });

  it.each(['', ' ', 'HOSTING', 'RECORDING=local hosting=4'])('are none of %p', (text) => {
    expect(() => sidesOf([text])).toThrow('--against takes NAME=VALUE');
  });

  it('go first in turn', () => {
    const sides = sidesOf(['A=1', 'A=2']);
    const labels = (round: number) => inTurn(sides, round).map(({ label }) => label);
    expect([labels(1), labels(2), labels(3)]).toEqual([
      ['', 'A=1', 'A=2'],
      ['A=2', 'A=1', ''],
      ['', 'A=1', 'A=2'],
    ]);
  });

  it('have rows and ratios of their own', () => {
    const sides = sidesOf(['A=1']);
    const specs = [
      { id: 'rate', what: 'a rate', unit: 'events/s' },
      { id: 'ratio', what: 'a ratio', unit: 'times', ratioOf: ['rate', 'other'] as const },
    ];
    expect(specsOf(specs, sides).map(({ id, ratioOf }) => ({ id, ratioOf }))).toEqual([
      { id: 'rate', ratioOf: undefined },
      { id: 'rate A=1', ratioOf: undefined },
      { id: 'ratio', ratioOf: ['rate', 'other'] },
      { id: 'ratio A=1', ratioOf: ['rate A=1', 'other A=1'] },
    ]);
    const [, other] = specsOf([{ id: 'peer', what: 'a peer', unit: 'ms', beside: ['rate'] }], sides);
    expect(other?.beside).toEqual(['rate A=1']);
    const sampled = sides.flatMap((side) => samplesOf([{ id: 'rate', value: 1 }], side));
    expect(sampled.map(({ id }) => id)).toEqual(['rate', 'rate A=1']);
  });
});
