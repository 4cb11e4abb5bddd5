import { StoreError, storeError } from './errors';

const failing = (message: string, code?: string): Error => Object.assign(new Error(message), code && { code });

describe('storeError', () => {
  it.each([
    ['a serialization failure', failing('could not serialize', '40001')],
    ['a deadlock', failing('deadlock detected', '40P01')],
    ['a shutdown', failing('terminating connection due to administrator command', '57P01')],
    ['too many connections', failing('too many clients already', '53300')],
    ['a lock not to be had', failing('canceling statement due to lock timeout', '55P03')],
    ['a refused connection', failing('connect ECONNREFUSED', 'ECONNREFUSED')],
    ['a connection that broke', failing('Connection terminated unexpectedly')],
    ['a pool without a free connection', failing('timeout exceeded when trying to connect')],
  ])('asks to try again after %s', (_, cause) => {
    expect(storeError(cause)).toMatchObject({ code: 'unavailable', failure: 'transient', transient: true, cause });
  });

  it.each([
    ['a statement that is wrong', failing('syntax error', '42601')],
    ['a value that is wrong', failing('invalid connection error', '22P02')],
    ['anything else', failing('x is not a function')],
    ['what is no error', 'text'],
  ])('takes %s for a bug', (_, cause) => {
    expect(storeError(cause)).toMatchObject({ code: 'refused-by-database', failure: 'bug', transient: false });
  });

  it('leaves its own kind alone', () => {
    const error = new StoreError('bad-cursor', 'no');
    expect(storeError(error)).toBe(error);
  });
});
