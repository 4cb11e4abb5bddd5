import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { isBusyWorkflow, quickTries } from './quick-tries';
import { temporalCalls } from './temporal-calls';
import { placed, ref } from './testing/bridge-parts';

/** A server that refuses every call but the SDK's first question, in the words given. */
async function refusing(message: string) {
  const calls: string[] = [];
  const server = createServer();
  server.on('stream', (stream, { ':path': path = '' }) => {
    const known = path.endsWith('GetSystemInfo');
    if (!known) calls.push(path);
    const status = known ? { 'grpc-status': '12' } : { 'grpc-status': '8', 'grpc-message': encodeURI(message) };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connection = Connection.lazy({ address: `127.0.0.1:${port}`, interceptors: quickTries(() => 0) });
  return {
    calls: temporalCalls(new Client({ connection }), { callDeadlineMs: 5_000 }),
    made: () => calls.length,
    async close() {
      await connection.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a call on the bridge`s connection', () => {
  it.each([
    ['comes back at once when Temporal is exhausted', 'namespace rate limit exceeded', 'exhausted', 1],
    ['is tried again, a few times, when only its workflow is busy', 'Workflow is busy.', 'busy', 6],
  ])('%s', async (_, message, fault, tries) => {
    const { calls, made, close } = await refusing(message);
    try {
      await expect(calls.signal(ref, [placed().event])).rejects.toMatchObject({ fault });
      expect(made()).toBe(tries);
    } finally {
      await close();
    }
  });
});

it('one workflow is meant where the server says so, and only there', () => {
  const meant = [
    'Workflow is busy.',
    'workflow operation can not be applied because workflow is closing',
    'limit on number of concurrent in-flight updates has been reached (10)',
  ];
  const others = [
    'namespace rate limit exceeded',
    'service rate limit exceeded',
    'System Persistence Max QPS Reached.',
  ];
  expect(meant.map(isBusyWorkflow)).toEqual([true, true, true]);
  expect(others.map(isBusyWorkflow)).toEqual([false, false, false]);
});
