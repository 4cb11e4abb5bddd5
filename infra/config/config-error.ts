export interface ConfigFault {
  readonly variable: string;
  readonly message: string;
}

/** All faults of a configuration at once, one per line, each with the variable's name. Values that may be a secret are never told. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly ConfigFault[]) {
    super(
      `The configuration has ${faults.length} fault(s):\n${faults.map((f) => `  ${f.variable}: ${f.message}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}
