import { createServer } from 'node:net';
import { claimPort, freePort, portsFromEnvironment } from './ports';

describe('a port', () => {
  it('that is taken is named, with its user and the setting that moves it', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    try {
      await expect(claimPort('temporal', port)).rejects.toMatchObject({
        code: 'port-taken',
        message: `port ${port} (Temporal) is taken by another program; set MILLRACE_TEMPORAL_PORT`,
      });
    } finally {
      other.close();
    }
  });

  it('that nobody asked for is a free one that Temporal can store', async () => {
    const ports = await Promise.all([1, 2, 3].map(() => claimPort('kafka', undefined)));
    expect(new Set(ports).size).toBe(3);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });

  it('comes from the environment, or is the usual one', () => {
    expect(portsFromEnvironment({ MILLRACE_KAFKA_PORT: '9999' })).toMatchObject({ kafka: 9999, temporal: 7233 });
    expect(() => portsFromEnvironment({ MILLRACE_KAFKA_PORT: 'many' })).toThrow(
      'MILLRACE_KAFKA_PORT=many is not a port',
    );
  });
});
