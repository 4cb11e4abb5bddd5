import { format, inspect } from 'node:util';
import { type Authority, createAuthority, type Pair } from '../testing/certificates';
import { ConfigError, readConfig } from './config';
import { kafkaSecurity, readTransport, temporalSecurity } from './transport';

let authority: Authority;
let ours: Pair;
let theirs: Pair;
beforeAll(() => {
  authority = createAuthority();
  ours = authority.issue('millrace');
  theirs = authority.issue('somebody else');
});

const files =
  (contents: Readonly<Record<string, string>>) =>
  (path: string): string => {
    const content = contents[path];
    if (content !== undefined) return content;
    throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  };

function faults(environment: Record<string, string>, contents: Record<string, string> = {}): string[] {
  try {
    readTransport(environment, files(contents));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ variable, message }) => `${variable}: ${message}`);
    throw error;
  }
}

const scram = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'millrace' };

describe('reaching Kafka', () => {
  it('is plain unless asked for', () => {
    expect(kafkaSecurity(readTransport({}))).toEqual({});
  });

  it('takes certificates and the password from the files that are named', () => {
    const environment = {
      ...scram,
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA_FILE: '/ca.pem',
      KAFKA_SSL_CERT_FILE: '/cert.pem',
      KAFKA_SSL_KEY_FILE: '/key.pem',
      KAFKA_SASL_PASSWORD_FILE: '/password',
    };
    const contents = {
      '/ca.pem': authority.cert,
      '/cert.pem': ours.cert,
      '/key.pem': ours.key,
      '/password': 'hush hush\n',
    };
    expect(kafkaSecurity(readTransport(environment, files(contents)))).toEqual({
      ssl: { ca: [authority.cert.trimEnd()], cert: ours.cert.trimEnd(), key: ours.key.trimEnd() },
      sasl: { mechanism: 'scram-sha-512', username: 'millrace', password: 'hush hush' },
    });
  });

  it('trusts what Node trusts when no authority is named', () => {
    expect(kafkaSecurity(readTransport({ KAFKA_SSL: 'true' }))).toEqual({ ssl: {} });
  });

  it.each([
    [
      'a mechanism without user and password',
      { KAFKA_SASL_MECHANISM: 'plain' },
      [
        'KAFKA_SASL_USERNAME: is required with KAFKA_SASL_MECHANISM',
        'KAFKA_SASL_PASSWORD: is required with KAFKA_SASL_MECHANISM',
      ],
    ],
    [
      'a password without a mechanism',
      { KAFKA_SASL_PASSWORD: 'hush' },
      ['KAFKA_SASL_MECHANISM: is required with KAFKA_SASL_PASSWORD'],
    ],
    [
      'a switch that is neither on nor off',
      { KAFKA_SSL: 'yes' },
      ['KAFKA_SSL: Invalid option: expected one of "true"|"false"'],
    ],
    [
      'a file that is not there',
      { ...scram, KAFKA_SASL_PASSWORD_FILE: '/none' },
      ['KAFKA_SASL_PASSWORD_FILE: names a file that cannot be read: /none (ENOENT)'],
    ],
    [
      'an empty file',
      { ...scram, KAFKA_SASL_PASSWORD_FILE: '/empty' },
      ['KAFKA_SASL_PASSWORD_FILE: names an empty file: /empty'],
    ],
    [
      'a password twice',
      { ...scram, KAFKA_SASL_PASSWORD: 'hush', KAFKA_SASL_PASSWORD_FILE: '/empty' },
      ['KAFKA_SASL_PASSWORD_FILE: is given beside KAFKA_SASL_PASSWORD: one of them is enough'],
    ],
  ])('refuses %s', (_, environment, expected) => {
    expect(faults(environment, { '/empty': '\n' })).toEqual(expected);
  });

  it('refuses certificates that would not be used, are none, or do not belong together', () => {
    expect(faults({ KAFKA_SSL_CA: authority.cert })).toEqual(['KAFKA_SSL: must be true with KAFKA_SSL_CA']);
    expect(faults({ KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: '/ca' }, { '/ca': 'no pem' })).toEqual([
      'KAFKA_SSL_CA_FILE: holds no certificate in PEM',
    ]);
    expect(faults({ KAFKA_SSL: 'true', KAFKA_SSL_CERT: ours.cert })).toEqual([
      'KAFKA_SSL_KEY: is required with KAFKA_SSL_CERT',
    ]);
    expect(faults({ KAFKA_SSL: 'true', KAFKA_SSL_CERT: ours.cert, KAFKA_SSL_KEY: theirs.key })).toEqual([
      'KAFKA_SSL_KEY: does not belong to KAFKA_SSL_CERT',
    ]);
  });
});

describe('reaching Temporal', () => {
  it('takes certificates, the name in them, and the API key', () => {
    const config = readTransport({
      TEMPORAL_TLS: 'true',
      TEMPORAL_TLS_CA: authority.cert,
      TEMPORAL_TLS_CERT: ours.cert,
      TEMPORAL_TLS_KEY: ours.key,
      TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
      TEMPORAL_API_KEY: 'hush',
    });
    expect(temporalSecurity(config)).toEqual({
      tls: {
        serverNameOverride: 'temporal.internal',
        serverRootCACertificate: Buffer.from(authority.cert),
        clientCertPair: { crt: Buffer.from(ours.cert), key: Buffer.from(ours.key) },
      },
      apiKey: 'hush',
    });
  });

  it('never sends an API key in the clear', () => {
    expect(faults({ TEMPORAL_API_KEY: 'hush' })).toEqual(['TEMPORAL_TLS: must be true with TEMPORAL_API_KEY']);
  });
});

describe('a secret of the configuration', () => {
  const password = 'hush-hush-hush';
  const environment = {
    ...scram,
    KAFKA_BROKERS: 'a:1',
    TEMPORAL_ADDRESS: 't:1',
    DATABASE_URL: `postgres://millrace:${password}@localhost/millrace`,
    KAFKA_SASL_PASSWORD: password,
    TEMPORAL_TLS: 'true',
    TEMPORAL_API_KEY: password,
  };

  it('is not seen when the configuration is printed, logged or made JSON', () => {
    const config = readConfig(environment, 'worker');
    expect(config.KAFKA_SASL_PASSWORD?.reveal()).toBe(password);
    for (const seen of [JSON.stringify(config), inspect(config, { depth: 5, showHidden: true }), format('%o', config)])
      expect(seen).not.toContain(password);
    expect(`${config.TEMPORAL_API_KEY}`).toBe('[secret]');
  });

  it('is not told when it is a fault', () => {
    const broken = {
      ...environment,
      DATABASE_URL: `mysql://millrace:${password}@localhost/millrace`,
      KAFKA_SASL_MECHANISM: password,
      KAFKA_SSL: password,
      KAFKA_SSL_KEY: password,
      TEMPORAL_TLS: password,
      TEMPORAL_TLS_KEY: password,
      AUTH_MODE: password,
      JWT_JWKS_URL: password,
      API_PORT: password,
    };
    const attempt = () => readConfig(broken, 'api');
    expect(attempt).toThrow('DATABASE_URL: is no URL that starts with postgres:// or postgresql://');
    expect(attempt).not.toThrow(password);
  });
});
