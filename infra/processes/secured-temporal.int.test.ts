import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { readTransport } from '../config/transport';
import { createAuthority } from '../testing/certificates';
import { temporalAddress } from './clients';

jest.setTimeout(60_000);

const authority = createAuthority();
const served = authority.issue('temporal', ['temporal.internal']);
const client = authority.issue('millrace');

const withTls = {
  TEMPORAL_TLS: 'true',
  TEMPORAL_TLS_CA: authority.cert,
  TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
};
const withCertificate = { ...withTls, TEMPORAL_TLS_CERT: client.cert, TEMPORAL_TLS_KEY: client.key };

const listening = (server: Server | Http2SecureServer): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

/** TLS that asks for a certificate, in front of the test's Temporal. */
function terminating(): Server {
  const [host = '', port] = (process.env['TEMPORAL_ADDRESS'] ?? '').split(':');
  const options = { ...served, ca: authority.cert, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
  return createServer(options, (secured) => {
    const plain = connect(Number(port), host);
    secured.pipe(plain).pipe(secured);
    for (const [one, other] of [
      [secured, plain],
      [plain, secured],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
}

const ways = [
  [
    "the client's connection",
    (reach: ReturnType<typeof temporalAddress>) => Connection.connect({ ...reach, connectTimeout: 1_500 }),
  ],
  ["the worker's connection", (reach: ReturnType<typeof temporalAddress>) => NativeConnection.connect(reach)],
] as const;

describe.each(ways)('Temporal behind TLS, by %s', (_, open) => {
  let proxy: Server;
  let address: string;
  beforeAll(async () => {
    proxy = terminating();
    address = await listening(proxy);
  });
  afterAll(() => new Promise((resolve) => proxy.close(resolve)));

  const reach = (environment: Record<string, string>, at = address) =>
    open(temporalAddress({ TEMPORAL_ADDRESS: at, ...readTransport(environment) }));

  it('is reached with our certificate, under the name in its own', async () => {
    const connection = await reach(withCertificate);
    await expect(connection.workflowService.describeNamespace({ namespace: 'default' })).resolves.toBeDefined();
    await connection.close();
  });

  it('is not reached without our certificate, nor when another authority signed its own', async () => {
    await expect(reach(withTls)).rejects.toThrow();
    await expect(reach({ ...withCertificate, TEMPORAL_TLS_CA: createAuthority().cert })).rejects.toThrow();
  });

  it('is told the API key', async () => {
    const told: unknown[] = [];
    const stub = createSecureServer(served).on('stream', (stream, headers) => {
      told.push(headers.authorization);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
    });
    const connection = await reach({ ...withTls, TEMPORAL_API_KEY: 'hush' }, await listening(stub)).catch(
      () => undefined,
    );
    expect(told).toContain('Bearer hush');
    await connection?.close();
    await new Promise((resolve) => stub.close(resolve));
  });
});
