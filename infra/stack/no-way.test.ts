import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaBroker } from './jars';
import { programs } from './programs';
import { temporalCli } from './temporal-programs';

jest.mock('./temporal-download', () => ({
  downloadTemporalCli: () => Promise.reject(new Error('no network')),
}));

describe('a machine without the programs that a server needs', () => {
  const cache = mkdtempSync(join(tmpdir(), 'millrace-empty-cache-'));
  const building = { onProgress: () => undefined, signal: new AbortController().signal };

  beforeEach(() => jest.replaceProperty(process, 'env', { ...process.env, XDG_CACHE_HOME: cache }));
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  it('is told to install Java or an engine, or to name a Kafka', async () => {
    jest.spyOn(programs, 'java').mockReturnValue(undefined);
    await expect(kafkaBroker(building)).rejects.toThrow(
      'no container engine and no Java 17: install one of them, or set KAFKA_BROKERS',
    );
  });

  it('is told to install Maven when nothing was fetched before', async () => {
    jest.spyOn(programs, 'java').mockReturnValue('java');
    jest.spyOn(programs, 'maven').mockReturnValue(undefined);
    await expect(kafkaBroker(building)).rejects.toThrow(/no Maven 3.*KAFKA_BROKERS/);
  });

  it("is told to install Temporal's CLI or Go, or to name a Temporal", async () => {
    jest.spyOn(programs, 'temporal').mockReturnValue(undefined);
    jest.spyOn(programs, 'go').mockReturnValue(undefined);
    await expect(temporalCli(building)).rejects.toThrow(/no Temporal CLI, no Go 1\.24.*TEMPORAL_ADDRESS/);
  });
});
