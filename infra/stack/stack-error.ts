/** Everything that can keep a stack from coming up. */
export type StackErrorCode = 'port-taken' | 'no-way' | 'data-in-use' | 'build-failed' | 'start-failed' | 'not-ready';

/** The message is for the person at the terminal: what is wrong and what to do about it. */
export class StackError extends Error {
  override readonly name = 'StackError';
  constructor(
    readonly code: StackErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
