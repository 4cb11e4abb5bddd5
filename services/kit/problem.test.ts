import { Problem, problemOf } from './problem';

describe('a problem', () => {
  it.each([
    [409, 'out-of-stock', new Problem(409, 'out-of-stock', 'none left')],
    [413, 'body-too-large', Object.assign(new Error(), { type: 'entity.too.large', status: 413 })],
    [400, 'malformed-json', Object.assign(new Error(), { type: 'entity.parse.failed', status: 400 })],
    [
      400,
      'malformed-request',
      new (class extends URIError {
        status = 400;
      })('bad'),
    ],
    [503, 'unavailable', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    [503, 'unavailable', Object.assign(new Error('deadlock detected'), { code: '40P01' })],
    [503, 'unavailable', new Error('Connection terminated unexpectedly')],
    [503, 'unavailable', new Error('timeout exceeded when trying to connect')],
    [500, 'internal', new Error('a secret')],
    [500, 'internal', 'thrown text'],
    [500, 'internal', undefined],
  ])('is %d %s', (status, code, thrown) => {
    expect(problemOf(thrown)).toMatchObject({ status, code });
  });

  it('keeps what failed inside to itself', () => {
    expect(
      JSON.stringify({ ...problemOf(new Error('a secret')), message: problemOf(new Error('a secret')).message }),
    ).not.toContain('secret');
  });
});
