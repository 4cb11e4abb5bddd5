import { createHmac, generateKeyPairSync, sign as signed } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { exportJWK, SignJWT } from 'jose';
import { startApi } from '../testing/start-api';
import { audience, issuer, rsaSigner } from '../testing/tokens';
import { type AuthConfig, createAuthenticate } from './auth';
import { Problem } from './problem';

const signer = rsaSigner();
const authenticate = createAuthenticate(signer.auth, 'production');
const claims = { roles: ['reader'], tenants: ['acme'] };
const seconds = () => Math.floor(Date.now() / 1_000);
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const payload = () => ({ iss: issuer, aud: audience, sub: 'eve', exp: seconds() + 300, ...claims });

const codeOf = async (authorization: string | undefined, check = authenticate): Promise<string> => {
  try {
    await check(authorization);
    return 'accepted';
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
};

describe('a bearer token', () => {
  it('says who asks, in which roles and for which tenants', async () => {
    const token = await signer.token({
      sub: 'ada',
      roles: ['reader', 'emitter', 'janitor'],
      tenants: ['acme', 'globex'],
    });
    expect(await authenticate(`Bearer ${token}`)).toEqual({
      subject: 'ada',
      roles: ['emitter', 'reader'],
      tenants: ['acme', 'globex'],
    });
  });

  it.each([['*'], [['*']]])('speaks for all tenants with %j', async (tenants) => {
    expect(await authenticate(`Bearer ${await signer.token({ ...claims, tenants })}`)).toMatchObject({ tenants: '*' });
  });

  it('without roles and tenants may do nothing', async () => {
    expect(await authenticate(`Bearer ${await signer.token({})}`)).toMatchObject({ roles: [], tenants: [] });
  });

  it.each(['JWT', 'at+jwt'])('may be typed %s', async (typ) => {
    expect(await codeOf(`Bearer ${await signer.token(claims, { typ })}`)).toBe('accepted');
  });
});

describe('refused', () => {
  it('nothing that is signed by hand and right', async () => {
    expect(await codeOf(`Bearer ${sign({ alg: 'RS256' }).rs256()}`)).toBe('accepted');
  });

  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sign = (header: object, body: object = payload()) => {
    const text = `${base64(header)}.${base64(body)}`;
    return {
      text,
      hmac: (key: string) => `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`,
      rs256: () => `${text}.${signed('sha256', Buffer.from(text), signer.privateKey).toString('base64url')}`,
    };
  };

  it.each<[string, () => Promise<string> | string]>([
    ['alg none', () => `${sign({ alg: 'none' }).text}.`],
    ['alg None with a signature', () => `${sign({ alg: 'None' }).text}.AAAA`],
    ['HS256 signed with the public key', () => sign({ alg: 'HS256', typ: 'JWT' }).hmac(signer.publicKeyPem)],
    ['HS256 signed with the public key, trimmed', () => sign({ alg: 'HS256' }).hmac(signer.publicKeyPem.trim())],
    [
      'a key of somebody else',
      () => new SignJWT(payload()).setProtectedHeader({ alg: 'RS256' }).sign(other.privateKey),
    ],
    ['an algorithm that is not listed', () => signer.token(claims, { alg: 'RS512' })],
    ['an algorithm that does not fit the key', () => sign({ alg: 'ES256' }).hmac('x')],
    ['another audience', () => signer.token({ ...claims, aud: 'elsewhere' })],
    ['another issuer', () => signer.token({ ...claims, iss: 'https://evil.example' })],
    ['an expired token', () => signer.token({ ...claims, exp: seconds() - 120 })],
    ['a token from the future', () => signer.token({ ...claims, nbf: seconds() + 600 })],
    ['a token that never expires', () => sign({ alg: 'RS256' }, { ...payload(), exp: undefined }).rs256()],
    ['a token of nobody', () => sign({ alg: 'RS256' }, { ...payload(), sub: undefined }).rs256()],
    ['a name with control characters', () => signer.token({ ...claims, sub: 'a\nb' })],
    ['a token for something else', () => signer.token(claims, { typ: 'dpop+jwt' })],
    ['an unknown critical header', () => sign({ alg: 'RS256', crit: ['unheard-of'], 'unheard-of': 1 }).rs256()],
    ['roles that are no list', () => signer.token({ roles: 'reader', tenants: ['acme'] })],
    ['tenants that are no list', () => signer.token({ roles: ['reader'], tenants: { acme: true } })],
    [
      'a changed payload',
      async () => (await signer.token(claims)).replace(/\.[^.]+\./, `.${base64({ ...payload(), tenants: '*' })}.`),
    ],
    ['a stripped signature', async () => (await signer.token(claims)).replace(/[^.]+$/, '')],
    ['a long one', () => `${'a'.repeat(1_000_000)}.b.c`],
    ['no JWT at all', () => 'letmein'],
  ])('%s', async (_what, token) => {
    expect(await codeOf(`Bearer ${await token()}`)).toBe('unauthenticated');
  });

  it.each([undefined, '', 'Basic YTpi', 'Bearer', 'Bearer a b'])('the header %j', async (header) => {
    expect(await codeOf(header)).toBe('unauthenticated');
  });

  it('a key that the token brings along', async () => {
    const jwk = await exportJWK(other.publicKey);
    for (const header of [
      { jwk },
      { jku: 'http://127.0.0.1:1/keys' },
      { x5u: 'http://127.0.0.1:1/cert' },
      { kid: '../../etc/passwd' },
    ]) {
      const token = await new SignJWT(payload()).setProtectedHeader({ alg: 'RS256', ...header }).sign(other.privateKey);
      expect(await codeOf(`Bearer ${token}`)).toBe('unauthenticated');
    }
  });
});

describe('keys from a JWKS address', () => {
  let server: Server;
  let jwksUrl: string;
  let down = false;

  beforeAll(async () => {
    const key = { ...(await exportJWK(signer.privateKey)), d: undefined, kid: 'k1', alg: 'RS256', use: 'sig' };
    const { kty, n, e, kid, alg, use } = key;
    server = createServer((_request, response) => {
      response.statusCode = down ? 500 : 200;
      response.end(JSON.stringify({ keys: [{ kty, n, e, kid, alg, use }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    jwksUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/keys`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const auth = (): AuthConfig => ({ mode: 'jwt', issuer, audience, jwksUrl, algorithms: ['RS256'] });

  it('are found by kid, and nothing else is', async () => {
    const check = createAuthenticate(auth(), 'production');
    expect(await codeOf(`Bearer ${await signer.token(claims, { kid: 'k1' })}`, check)).toBe('accepted');
    expect(await codeOf(`Bearer ${await signer.token(claims, { kid: '../k1' })}`, check)).toBe('unauthenticated');
  });

  it('that cannot be fetched are no fault of the token', async () => {
    const check = createAuthenticate(auth(), 'production');
    down = true;
    expect(await codeOf(`Bearer ${await signer.token(claims, { kid: 'k1' })}`, check)).toBe('keys-unavailable');
    down = false;
  });
});

describe('a configuration that would let anybody in', () => {
  const jwt = { mode: 'jwt', issuer, audience, publicKeyPem: signer.publicKeyPem } as const;

  it.each<[string, AuthConfig]>([
    ['off in production', { mode: 'off' }],
    ['no algorithm', { ...jwt, algorithms: [] }],
    ['alg none', { ...jwt, algorithms: ['RS256', 'none'] }],
    ['a shared secret', { ...jwt, algorithms: ['HS256'] }],
    ['no issuer', { ...jwt, issuer: '', algorithms: ['RS256'] }],
    ['no audience', { ...jwt, audience: '', algorithms: ['RS256'] }],
    ['no key', { mode: 'jwt', issuer, audience, algorithms: ['RS256'] }],
    ['a key that is none', { ...jwt, publicKeyPem: 'secret', algorithms: ['RS256'] }],
  ])('is refused at the start: %s', async (_what, auth) => {
    await expect(startApi({ auth, environment: 'production' })).rejects.toThrow();
  });
});
