const addresses = ['KAFKA_BROKERS', 'TEMPORAL_ADDRESS', 'DATABASE_URL'] as const;

/** Hides the servers that the test runner provides, so that a stack starts its own; gives them back afterwards. */
export function ownServers(): void {
  const before = addresses.map((name) => [name, process.env[name]] as const);
  beforeAll(() => {
    for (const name of addresses) delete process.env[name];
  });
  afterAll(() => {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  });
}
