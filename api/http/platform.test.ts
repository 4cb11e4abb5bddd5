import { connect } from 'node:net';
import { StoreError } from '../../store/errors';
import { orderPlaced, streamRow } from '../testing/samples';
import { type StartedApi, startApi } from '../testing/start-api';

let started: StartedApi | undefined;
afterEach(() => started?.stop());

async function start(overrides: Parameters<typeof startApi>[0] = {}): Promise<StartedApi> {
  started = await startApi(overrides);
  return started;
}

const raw = (port: number, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });

describe('the surroundings', () => {
  it('learn that it is alive and how it is going', async () => {
    const { call } = await start();
    expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const metrics = await call('GET', '/metrics');
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.text).toContain('up 1');
  });

  it('learn which dependency is away, but not what its driver says', async () => {
    const { call, logged } = await start({
      limits: { readinessTimeoutMs: 50 },
      readiness: [
        { name: 'store', check: () => Promise.resolve() },
        { name: 'kafka', check: () => Promise.reject(new Error('user root at 10.0.0.7')) },
        { name: 'temporal', check: () => new Promise(() => {}) },
      ],
    });
    const answer = await call('GET', '/readyz');
    expect(answer.status).toBe(503);
    expect(answer.body.checks.map(({ name, ok }: { name: string; ok: boolean }) => [name, ok])).toEqual([
      ['store', true],
      ['kafka', false],
      ['temporal', false],
    ]);
    expect(answer.text).not.toContain('10.0.0.7');
    expect(logged.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  it('learn how an id with slashes is written, where no route fits', async () => {
    const { call } = await start();
    const answer = await call('GET', '/v1/workflows/orderSaga/acme/o-1');
    expect(answer).toMatchObject({ status: 404, body: { detail: expect.stringContaining('%2F') } });
  });

  it('learn that it is ready', async () => {
    const { call } = await start({ readiness: [{ name: 'store', check: () => Promise.resolve() }] });
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  });

  it('are told of each request by its pattern', async () => {
    const seen: object[] = [];
    const { call } = await start({ observe: (request) => seen.push(request) });
    await call('GET', '/v1/workflows/orderSaga%2Facme%2Fnone');
    await call('GET', '/nowhere');
    expect(seen).toEqual([
      expect.objectContaining({ method: 'GET', route: '/v1/workflows/:id', status: 404 }),
      expect.objectContaining({ route: 'none', status: 404 }),
    ]);
  });
});

describe('problems', () => {
  it('follow RFC 9457 and carry the request id that the log has', async () => {
    const { call, logged } = await start();
    const answer = await call('GET', '/v1/nowhere', { headers: { 'x-request-id': 'req-7' } });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer.headers.get('x-request-id')).toBe('req-7');
    expect(answer.body).toMatchObject({
      type: 'urn:millrace:problem:not-found',
      status: 404,
      code: 'not-found',
      instance: '/v1/nowhere',
      requestId: 'req-7',
    });
    expect(logged).toContainEqual(
      expect.objectContaining({ facts: expect.objectContaining({ requestId: 'req-7', status: 404 }) }),
    );
  });

  it('replace a request id that would not be safe in a log', async () => {
    const { call } = await start();
    const answer = await call('GET', '/healthz', { headers: { 'x-request-id': 'a b<script>' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('say which methods a path knows', async () => {
    const { call } = await start();
    const answer = await call('PUT', '/v1/events', { body: {} });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } });
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it.each([
    [new StoreError('unavailable', 'connection refused at 10.0.0.7'), 503, 'store-unavailable'],
    [new StoreError('bad-cursor', 'no cursor'), 400, 'invalid-request'],
    [new StoreError('refused-by-database', 'column secret does not exist'), 500, 'internal'],
    [new TypeError('secret is not a function'), 500, 'internal'],
  ])('of the store: %s', async (error, status, code) => {
    const { call, store, logged } = await start();
    store.streams.list = () => Promise.reject(error);
    const answer = await call('GET', '/v1/workflows');
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    expect(answer.text).not.toMatch(/secret|10\.0\.0\.7/);
    expect(logged.some(({ level }) => level === 'error')).toBe(status >= 500);
  });

  it('end a request that takes too long', async () => {
    const { call, store } = await start({ limits: { requestTimeoutMs: 50 } });
    store.streams.list = () => new Promise(() => {});
    expect(await call('GET', '/v1/workflows')).toMatchObject({ status: 503, body: { code: 'timed-out' } });
  });
});

describe('hardening', () => {
  it('sends strict headers, and does not name its framework', async () => {
    const { call } = await start();
    const { headers } = await call('GET', '/v1/workflows');
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('answers two lengths, a smuggled request and absurd headers with an error of the server', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const twoLengths =
      'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await raw(port, twoLengths)).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(port, `GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(64 * 1024)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
  });
});

describe('stop', () => {
  it('answers what is under way, is not ready meanwhile and takes no new connections', async () => {
    const api = await start();
    let answerSlowly = () => {};
    const asked = new Promise<void>((isAsked) => {
      api.store.streams.get = () =>
        new Promise((resolve) => {
          answerSlowly = () => resolve(streamRow('o-1'));
          isAsked();
        });
    });
    const underWay = api.call('GET', '/v1/workflows/orderSaga%2Facme%2Fo-1');
    await asked;
    const stopped = api.stop();
    answerSlowly();
    const answer = await underWay;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('connection')).toBe('close');
    await stopped;
    await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
  });

  it('gives up on requests that outlast the drain', async () => {
    const api = await start({ limits: { drainMs: 50 } });
    const asked = new Promise<void>((isAsked) => {
      api.publisher.publishRecord = () => new Promise(() => isAsked());
    });
    const underWay = api.call('POST', '/v1/events', { body: orderPlaced('o-1') }).catch(() => 'cut');
    await asked;
    await api.stop();
    expect(await underWay).toBe('cut');
  });
});
