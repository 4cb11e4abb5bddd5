import { hasCode } from '../stack/has-code';
import { StackError } from '../stack/stack-error';

/** Names the setting that moves a port, where another program listens on it. */
export async function namedPort<T>(settings: string, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (failure) {
    if (!hasCode(failure, 'EADDRINUSE')) throw failure;
    throw new StackError('port-taken', `${portOf(failure)} is taken by another program; set ${settings}`, {
      cause: failure,
    });
  }
}

const portOf = (failure: unknown) =>
  typeof failure === 'object' && failure !== null && 'port' in failure ? `port ${failure.port}` : 'a port';
