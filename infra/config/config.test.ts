import { ConfigError, readConfig } from './config';

const complete = {
  KAFKA_BROKERS: 'a:9092, b:9092',
  TEMPORAL_ADDRESS: 'localhost:7233',
  DATABASE_URL: 'postgres://localhost/millrace',
  MILLRACE_ENV: 'development',
  AUTH_MODE: 'off',
};

const faultsOf = (environment: Record<string, string>, process: 'api' | 'worker' = 'api'): string[] => {
  try {
    readConfig(environment, process);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map((fault) => fault.variable);
    throw error;
  }
};

describe('configuration', () => {
  it('splits lists and fills in defaults', () => {
    const config = readConfig(complete, 'api');
    expect(config.KAFKA_BROKERS).toEqual(['a:9092', 'b:9092']);
    expect(config.ORDER_PAYMENT_DEADLINE_MS).toBe(900_000);
  });

  it('lists all faults together', () => {
    expect(faultsOf({ API_PORT: 'eighty', AUTH_MODE: 'off', HOSTING: 'orderSaga=pooled:4' }).sort()).toEqual([
      'API_PORT',
      'AUTH_MODE',
      'DATABASE_URL',
      'HOSTING',
      'KAFKA_BROKERS',
      'TEMPORAL_ADDRESS',
    ]);
  });

  it('refuses to serve without authentication outside development', () => {
    expect(faultsOf({ ...complete, MILLRACE_ENV: 'production' })).toEqual(['AUTH_MODE']);
    expect(faultsOf({ KAFKA_BROKERS: 'a:1', TEMPORAL_ADDRESS: 't', DATABASE_URL: complete.DATABASE_URL })).toEqual([
      'JWT_ISSUER',
      'JWT_AUDIENCE',
      'JWT_JWKS_URL',
    ]);
  });

  it('asks a worker for no authentication', () => {
    expect(
      faultsOf({ KAFKA_BROKERS: 'a:1', TEMPORAL_ADDRESS: 't', DATABASE_URL: complete.DATABASE_URL }, 'worker'),
    ).toEqual([]);
  });

  it('refuses a bridge that would read what was given up', () => {
    expect(faultsOf({ ...complete, BRIDGE_TOPICS: 'orders,payments' })).toEqual([]);
    expect(faultsOf({ ...complete, BRIDGE_TOPICS: 'orders,orders.dlq' })).toEqual(['BRIDGE_TOPICS']);
  });

  it('treats an empty variable as unset', () => {
    expect(faultsOf({ ...complete, TEMPORAL_ADDRESS: '' })).toEqual(['TEMPORAL_ADDRESS']);
  });
});
