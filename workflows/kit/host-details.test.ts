import { detailsOf } from './host-details';

const status = { host: 'c/host-0', stages: {}, held: 0, waiting: 0, effects: 0, next: null };

describe('what the Web UI says of a host', () => {
  test('is how many journeys are in each stage, and what is under way', () => {
    const next = '2026-01-01T12:00:00.000Z';
    const details = detailsOf({ ...status, stages: { counting: 3, idle: 1 }, held: 2, waiting: 5, effects: 4, next });
    expect(details.split('\n')).toEqual([
      '**Open journeys by stage**',
      '- counting: 3',
      '- idle: 1',
      '',
      `In memory: 2. Events waiting: 5. Effects under way: 4. Next deadline: ${next}.`,
    ]);
  });

  test('is said also of a host without journeys', () => {
    expect(detailsOf(status)).toContain('- none\n');
    expect(detailsOf(status)).toContain('Next deadline: none near.');
  });
});
