import { createServer } from 'node:net';
import { createRegistry, serveMetrics } from '../telemetry/metrics';
import { namedPort } from './named-port';

describe('a port that is taken', () => {
  it('is told with the setting that moves it', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const serving = serveMetrics(createRegistry('test'), { METRICS_PORT: port, METRICS_HOST: '127.0.0.1' });
    await expect(namedPort('METRICS_PORT', serving)).rejects.toThrow(
      `port ${port} is taken by another program; set METRICS_PORT`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('is not what another failure is taken for', async () => {
    await expect(namedPort('METRICS_PORT', Promise.reject(new Error('away')))).rejects.toThrow(/^away$/);
  });
});
