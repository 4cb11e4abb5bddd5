import { isNativeError } from 'node:util/types';

/** Every way the store fails, with what the caller does about it. */
const failures = {
  /** Connection, serialization, deadlock, shutdown: the same call may succeed later. Its effect may have happened. */
  unavailable: 'transient',
  /** Somebody else held the lane for longer than this call may wait. */
  'lane-busy': 'transient',
  /** The store was closed. */
  closed: 'transient',
  'bad-cursor': 'never',
  /** An id or name that PostgreSQL cannot keep as text (NUL, half a surrogate pair) or not in an index (too long). */
  'unstorable-text': 'never',
  /** The request contradicts itself. */
  'bad-request': 'bug',
  'no-stream': 'bug',
  'not-closed': 'bug',
  'not-migrated': 'bug',
  /** The pool is too small for one more session-long lock. */
  'too-many-leases': 'bug',
  /** PostgreSQL refused a statement for a reason that will not go away by itself. */
  'refused-by-database': 'bug',
} as const;

export type StoreErrorCode = keyof typeof failures;
/** `transient`: try again. `never`: this input will not be accepted. `bug`: of ours, or of the set-up. */
export type StoreFailure = (typeof failures)[StoreErrorCode];

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly failure: StoreFailure;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, string | number | boolean | null>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.failure = failures[code];
  }

  /** True if the same call may succeed later. */
  get transient(): boolean {
    return this.failure === 'transient';
  }
}

/**
 * SQLSTATE classes and codes that go away by themselves: connection (08), resources (53), rollback by deadlock or
 * serialization (40), operator intervention (57), a lock's timeout, an idle transaction's end, a standby before it is promoted.
 */
const transientSqlState = /^(08|53|40|57|55P03|25P03|25006)/;
const transientSystemCode = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
/** node-postgres reports a lost connection as a plain error. */
const lostConnection =
  /connection (terminated|ended|error|timeout)|timeout exceeded when trying to connect|query read timeout|client (was|has) (been )?closed|not queryable|Cannot use a pool after/i;

const codeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined;

const isSqlState = (code: string | undefined): code is string => code !== undefined && /^[0-9A-Z]{5}$/.test(code);

/** True if PostgreSQL, or the way to it, failed for a reason that goes away by itself. */
const goesAway = (error: Error): boolean => {
  const code = codeOf(error);
  if (isSqlState(code) && transientSqlState.test(code)) return true;
  if (code !== undefined && transientSystemCode.test(code)) return true;
  return !isSqlState(code) && lostConnection.test(error.message);
};

/** Gives every error that leaves the store its code; a `StoreError` passes unchanged. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (!isNativeError(error)) return new StoreError('refused-by-database', String(error));
  const sqlState = codeOf(error) ?? null;
  return goesAway(error)
    ? new StoreError('unavailable', `PostgreSQL is unavailable: ${error.message}`, { sqlState }, { cause: error })
    : new StoreError('refused-by-database', `PostgreSQL refused: ${error.message}`, { sqlState }, { cause: error });
}
