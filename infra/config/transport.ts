import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { SASLOptions } from 'kafkajs';
import { z } from 'zod';
import { ConfigError, type ConfigFault } from './config-error';
import { asGiven, type ReadFile, readText, type Settings, UNREAD, withFiles } from './from-files';
import { Secret } from './secret';

const onOrOff = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
export const secret = z
  .string()
  .min(1)
  .transform((text) => new Secret(text));
const pem = z.string().optional();

/** How the servers are reached where the network between is not trusted. PEM texts, each also as `..._FILE`. */
export const transportSettings = {
  KAFKA_SSL: onOrOff,
  /** Certificates that sign the brokers'; without them, those that Node trusts. */
  KAFKA_SSL_CA: pem,
  KAFKA_SSL_CERT: pem,
  KAFKA_SSL_KEY: secret.optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: secret.optional(),
  TEMPORAL_TLS: onOrOff,
  TEMPORAL_TLS_CA: pem,
  TEMPORAL_TLS_CERT: pem,
  TEMPORAL_TLS_KEY: secret.optional(),
  /** The name in the server's certificate, where it is not the one in `TEMPORAL_ADDRESS`. */
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  TEMPORAL_API_KEY: secret.optional(),
};

const transportSchema = z.object(transportSettings);
export type TransportConfig = z.infer<typeof transportSchema>;

/** What settings say only together. */
export function transportFaults(settings: Settings): ConfigFault[] {
  return [
    ...needsSwitch(settings, 'KAFKA_SSL', ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY']),
    ...certificateFaults(settings, 'KAFKA_SSL'),
    ...saslFaults(settings),
    ...needsSwitch(settings, 'TEMPORAL_TLS', [
      'TEMPORAL_TLS_CA',
      'TEMPORAL_TLS_CERT',
      'TEMPORAL_TLS_KEY',
      'TEMPORAL_TLS_SERVER_NAME',
      'TEMPORAL_API_KEY',
    ]),
    ...certificateFaults(settings, 'TEMPORAL_TLS'),
  ];
}

/** Certificates that nobody asks for, or a key sent in the clear, would be found out too late. */
function needsSwitch(settings: Settings, variable: string, given: readonly string[]): ConfigFault[] {
  if (settings[variable] === 'true') return [];
  const found = given.filter((name) => settings[name] !== undefined);
  return found.length === 0 ? [] : [{ variable, message: `must be true with ${found.join(', ')}` }];
}

function certificateFaults(settings: Settings, prefix: string): ConfigFault[] {
  const [ca, cert, key] = [`${prefix}_CA`, `${prefix}_CERT`, `${prefix}_KEY`] as const;
  const broken = [
    ...[ca, cert].filter((name) => !holds(settings[name], (text) => new X509Certificate(text))).map(notPem),
    ...[key].filter((name) => !holds(settings[name], createPrivateKey)).map(notKey),
  ];
  const alone = [
    [cert, key],
    [key, cert],
  ].flatMap(([missing = '', other = '']) =>
    settings[missing] === undefined && settings[other] !== undefined
      ? [{ variable: missing, message: `is required with ${other}` }]
      : [],
  );
  const faults = [...broken, ...alone];
  return faults.length > 0 || isPair(settings[cert], settings[key])
    ? faults
    : [{ variable: key, message: `does not belong to ${cert}` }];
}

const notPem = (variable: string): ConfigFault => ({ variable, message: 'holds no certificate in PEM' });
const notKey = (variable: string): ConfigFault => ({
  variable,
  message: 'holds no private key in PEM, or one with a passphrase',
});

function holds(text: string | undefined, parse: (text: string) => unknown): boolean {
  if (text === undefined || text === UNREAD) return true;
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const isPair = (cert: string | undefined, key: string | undefined): boolean =>
  [cert, key].some((text) => text === undefined || text === UNREAD) ||
  new X509Certificate(cert ?? '').checkPrivateKey(createPrivateKey(key ?? ''));

function saslFaults(settings: Settings): ConfigFault[] {
  const credentials = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
  if (settings['KAFKA_SASL_MECHANISM'] !== undefined)
    return credentials
      .filter((variable) => settings[variable] === undefined)
      .map((variable) => ({ variable, message: 'is required with KAFKA_SASL_MECHANISM' }));
  const found = credentials.filter((variable) => settings[variable] !== undefined);
  return found.length === 0
    ? []
    : [{ variable: 'KAFKA_SASL_MECHANISM', message: `is required with ${found.join(', ')}` }];
}

/** Zod's issues as faults. A value whose file could not be read has been told of already. */
export const faultsOf = (issues: readonly z.core.$ZodIssue[], settings: Settings): ConfigFault[] =>
  issues.flatMap(({ path, message }) => {
    const variable = String(path[0]);
    const value = settings[variable];
    if (value === UNREAD) return [];
    return [{ variable, message: value === undefined ? 'is required' : message }];
  });

/** The part of the configuration that says how servers are reached; for what starts before the rest of it is known. */
export function readTransport(environment: Settings, readFile: ReadFile = readText): TransportConfig {
  const { settings, faults } = withFiles(environment, readFile);
  const read = transportSchema.safeParse(settings);
  const all = [...faults, ...faultsOf(read.error?.issues ?? [], settings), ...transportFaults(settings)];
  if (read.success && all.length === 0) return read.data;
  throw new ConfigError(asGiven(all, settings));
}

/** For `createKafkajsDriver` and kafkajs itself. Secrets are revealed: hand it on, do not keep it. */
export function kafkaSecurity(config: TransportConfig) {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = config;
  const sasl = saslOf(config);
  const ssl = config.KAFKA_SSL && {
    ...(ca !== undefined && { ca: [ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.reveal() }),
  };
  return { ...(ssl && { ssl }), ...(sasl && { sasl }) };
}

function saslOf(config: TransportConfig): SASLOptions | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username = '' } = config;
  const credentials = { username, password: config.KAFKA_SASL_PASSWORD?.reveal() ?? '' };
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'plain':
      return { mechanism, ...credentials };
    case 'scram-sha-256':
      return { mechanism, ...credentials };
    case 'scram-sha-512':
      return { mechanism, ...credentials };
    default:
      return mechanism satisfies never;
  }
}

/** For `Connection.connect` and `NativeConnection.connect`, beside the address. Secrets are revealed: hand it on, do not keep it. */
export function temporalSecurity(config: TransportConfig) {
  if (!config.TEMPORAL_TLS) return {};
  const { TEMPORAL_TLS_CA: ca, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key } = config;
  const { TEMPORAL_TLS_SERVER_NAME: serverName, TEMPORAL_API_KEY: apiKey } = config;
  const tls = {
    ...(serverName !== undefined && { serverNameOverride: serverName }),
    ...(ca !== undefined && { serverRootCACertificate: Buffer.from(ca) }),
    ...(cert !== undefined &&
      key !== undefined && { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key.reveal()) } }),
  };
  return { tls, ...(apiKey !== undefined && { apiKey: apiKey.reveal() }) };
}
