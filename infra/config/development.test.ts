import { developmentConfig } from './development';

const servers = {
  KAFKA_BROKERS: '127.0.0.1:21000',
  TEMPORAL_ADDRESS: '127.0.0.1:21001',
  TEMPORAL_UI_URL: undefined,
  DATABASE_URL: 'postgresql://us:secret@127.0.0.1:21002/x',
};

describe('the configuration of everything in one process', () => {
  it('wants nothing, and takes what the command sets, and before that what the environment says', () => {
    const config = developmentConfig({ API_PORT: '0', LOG_LEVEL: 'warn' }, { LOG_LEVEL: 'debug', KAFKA_BROKERS: '' });
    expect([config.AUTH_MODE, config.API_PORT, config.LOG_LEVEL]).toEqual(['off', 0, 'debug']);
  });

  it('bug: a database that the environment names was not looked at before the servers started', () => {
    expect(() => developmentConfig({}, { DATABASE_URL: 'mysql://x' })).toThrow('DATABASE_URL: is no URL that starts');
    expect(() => developmentConfig({}, { TEMPORAL_UI_URL: 'nowhere' })).toThrow('TEMPORAL_UI_URL: ');
  });

  it('bug: a database named by a file was refused as given twice', () => {
    const environment = { DATABASE_URL_FILE: '/run/secrets/database' };
    const url = 'postgresql://us:secret@db/millrace';
    expect(developmentConfig({}, environment, undefined, () => `${url}\n`).DATABASE_URL.reveal()).toBe(url);
    expect(developmentConfig({}, environment, servers).DATABASE_URL.reveal()).toBe(servers.DATABASE_URL);
    expect(() => developmentConfig({}, environment, undefined, () => '')).toThrow(
      'DATABASE_URL_FILE: names an empty file',
    );
  });
});
