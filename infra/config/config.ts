import { deadLetterTopic } from '@millrace/kafka';
import { z } from 'zod';
import { ConfigError, type ConfigFault } from './config-error';
import { asGiven, type ReadFile, readText, type Settings, withFiles } from './from-files';
import { hostingOverrides } from './hosting';
import { faultsOf, secret, transportFaults, transportSettings } from './transport';

export { ConfigError } from './config-error';

const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(z.string()).min(1));
const milliseconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const url = (fallback: string) => z.url().default(fallback);

const hasNoDeadLetters = (topics: readonly string[]) => !topics.some((topic) => topic.endsWith(deadLetterTopic('')));
const deadLettersReadAgain = 'names a dead-letter topic: what was given up would be given up again, without end';

/** Every setting, its name in the environment, its unit and its default. The only place that knows them. */
const schema = z.object({
  MILLRACE_ENV: z.enum(['development', 'production']).default('production'),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug']).default('info'),
  KAFKA_BROKERS: list,
  ...transportSettings,
  KAFKA_REPLICATION: z.coerce.number().int().min(1).default(3),
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).default(12),
  KAFKA_SESSION_TIMEOUT_MS: milliseconds(10_000),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: z.url().optional(),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, message: 'is no URL that starts with postgres:// or postgresql://' })
    .pipe(secret),
  DATABASE_POOL: z.coerce.number().int().min(4).default(20),
  /** Where the services that come along listen. */
  SERVICES_HOST: z.string().default('127.0.0.1'),
  INVENTORY_URL: url('http://127.0.0.1:8091'),
  PAYMENTS_URL: url('http://127.0.0.1:8092'),
  SHIPPING_URL: url('http://127.0.0.1:8093'),
  /** Milliseconds that an order waits for the answer to its payment. */
  ORDER_PAYMENT_DEADLINE_MS: milliseconds(15 * 60_000),
  /** Milliseconds before the start of an appointment at which the reminder goes out. */
  APPOINTMENT_REMINDER_BEFORE_MS: milliseconds(24 * 3_600_000),
  /** Milliseconds after the start at which an appointment that nobody attended is missed. */
  APPOINTMENT_MISSED_AFTER_MS: milliseconds(30 * 60_000),
  /** Milliseconds between a miss and its follow-up. */
  APPOINTMENT_FOLLOW_UP_AFTER_MS: milliseconds(24 * 3_600_000),
  /** How workflows record: all by normal activities, or what signals caused by local ones (docs/decisions/0003). */
  RECORDING: z.enum(['activity', 'local']).default('local'),
  /** Whether the Stack Trace tab of the Temporal Web UI shows where a workflow waits: it doubles what workflow code costs. */
  WORKFLOW_STACK_TRACES: z.enum(['on', 'off']).default('off'),
  /** Where new subjects of a journey live, in place of what its contract says: `appointmentJourney=pooled:16`. */
  HOSTING: hostingOverrides,
  BRIDGE_GROUP: z.string().min(1).default('millrace.bridge'),
  BRIDGE_TOPICS: list.refine(hasNoDeadLetters, deadLettersReadAgain).optional(),
  BRIDGE_SWEEP_MS: milliseconds(1_000),
  /** Milliseconds after which an event whose subject never started goes to the dead letters. */
  BRIDGE_EARLY_MAX_AGE_MS: milliseconds(24 * 3_600_000),
  BRIDGE_BLOCKED_PARK_MS: milliseconds(30_000),
  /** Calls to Temporal at a time: never more, and never fewer. */
  BRIDGE_CALLS_MAX: z.coerce.number().int().min(1).default(64),
  BRIDGE_CALLS_MIN: z.coerce.number().int().min(1).default(2),
  /** Milliseconds that a call may take on average; above it, fewer are sent at a time. */
  BRIDGE_CALL_TARGET_MS: milliseconds(500),
  LEDGER_RETENTION_DAYS: z.coerce.number().int().positive().default(30),
  API_PORT: port(8080),
  API_HOST: z.string().default('0.0.0.0'),
  METRICS_PORT: port(9464),
  METRICS_HOST: z.string().default('0.0.0.0'),
  /** The Temporal SDK's own metrics; 0 turns them off. */
  TEMPORAL_METRICS_PORT: port(0),
  AUTH_MODE: z.enum(['off', 'jwt']).default('jwt'),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).optional(),
  JWT_JWKS_URL: z.url().optional(),
  JWT_PUBLIC_KEY: z.string().optional(),
  JWT_ALGORITHMS: list.default(['RS256', 'ES256', 'EdDSA']),
});

export type Config = z.infer<typeof schema>;

/** The names of all settings, as docs/configuration.md lists them. */
export const settingNames: readonly string[] = Object.keys(schema.shape);

/** Settings that one process needs beyond the common ones; a worker or bridge does not ask for a JWT issuer. */
export type ProcessName = 'worker' | 'bridge' | 'relay' | 'api' | 'services' | 'topics' | 'all';

/**
 * Reads and checks the whole configuration once, with the files that it names. Empty variables count as unset.
 * Throws `ConfigError` with every fault.
 */
export function readConfig(environment: Settings, process: ProcessName, readFile: ReadFile = readText): Config {
  const { settings, faults: fileFaults } = withFiles(environment, readFile);
  const read = schema.safeParse(settings);
  const faults = [
    ...fileFaults,
    ...faultsOf(read.error?.issues ?? [], settings),
    ...transportFaults(settings),
    ...(servesRequests(process) ? authFaults(settings) : []),
  ];
  if (read.success && faults.length === 0) return read.data;
  throw new ConfigError(asGiven(faults, settings));
}

/** Only the API serves people: the other processes are not asked for authentication. */
const servesRequests = (process: ProcessName) => process === 'api' || process === 'all';

function authFaults(settings: Settings): ConfigFault[] {
  if (settings['AUTH_MODE'] === 'off') {
    return settings['MILLRACE_ENV'] === 'development'
      ? []
      : [{ variable: 'AUTH_MODE', message: 'off is allowed with MILLRACE_ENV=development only' }];
  }
  const needed = [
    { variable: 'JWT_ISSUER', message: 'is required with AUTH_MODE=jwt', is: settings['JWT_ISSUER'] },
    { variable: 'JWT_AUDIENCE', message: 'is required with AUTH_MODE=jwt', is: settings['JWT_AUDIENCE'] },
    {
      variable: 'JWT_JWKS_URL',
      message: 'or JWT_PUBLIC_KEY is required with AUTH_MODE=jwt',
      is: settings['JWT_JWKS_URL'] ?? settings['JWT_PUBLIC_KEY'],
    },
  ];
  return needed.filter(({ is }) => is === undefined).map(({ variable, message }) => ({ variable, message }));
}
