import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Client } from '@temporalio/client';
import { quickConnection } from './quick-connection';
import { temporalCalls } from './temporal-calls';
import { placed, ref } from './testing/bridge-parts';

/** A server that takes every call, but leaves those whose names begin so without an answer. */
async function serving(silent: readonly string[]) {
  const calls: { method: string; namespace: unknown; timeout: unknown }[] = [];
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).replace(/.*\//, '');
    calls.push({ method, namespace: headers['temporal-namespace'], timeout: headers['grpc-timeout'] });
    if (silent.some((name) => method.startsWith(name))) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5)); // an empty message
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    callOf: (wanted: string) => calls.find(({ method }) => method === wanted),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function connected(silent: readonly string[], deadlines: { callMs: number; barrierMs: number }) {
  const server = await serving(silent);
  const connection = await quickConnection({ address: server.address }, deadlines);
  return {
    calls: temporalCalls(new Client({ connection, namespace: 'here' })),
    callOf: server.callOf,
    storage: connection.callContextStorage,
    async close() {
      await connection.close();
      await server.close();
    },
  };
}

/** `10000000u`, `9999m`, `10S`: gRPC's spelling. */
function millisecondsOf(timeout: unknown): number {
  const [, count, unit] = /^(\d+)([HMSmun])$/.exec(String(timeout)) ?? [];
  const perUnit: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
  return Number(count) * (perUnit[unit ?? ''] ?? Number.NaN);
}

describe('the bridge`s connection', () => {
  it('sends a call with its namespace and the deadline of its kind, and keeps the storage of calls switched off', async () => {
    const { calls, callOf, storage, close } = await connected(['Update'], { callMs: 60_000, barrierMs: 1_000 });
    try {
      await expect(calls.signal(ref, [placed().event])).resolves.toBe('taken');
      const call = callOf('SignalWorkflowExecution');
      expect(call?.namespace).toBe('here');
      expect(millisecondsOf(call?.timeout)).toBeGreaterThan(1_000);
      expect(millisecondsOf(call?.timeout)).toBeLessThanOrEqual(60_000);
      await expect(calls.barrier(ref, 60_000)).rejects.toMatchObject({ fault: 'deadline' });
      expect(storage).not.toMatchObject({ enabled: true });
    } finally {
      await close();
    }
  });

  it('gives up a call that gets no answer', async () => {
    const { calls, close } = await connected(['Signal'], { callMs: 300, barrierMs: 60_000 });
    try {
      await expect(calls.signal(ref, [placed().event])).rejects.toMatchObject({ fault: 'deadline' });
    } finally {
      await close();
    }
  });
});
