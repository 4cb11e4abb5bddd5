import { parseArgs } from 'node:util';

export interface DemoArguments {
  readonly stay: boolean;
  readonly events: string | undefined;
  readonly json: string | undefined;
  /** Whether appointments have workflows of their own, or a few hosts for all of them. */
  readonly hosting: 'own' | 'pooled';
}

/** Throws with a usage line for what it does not know. */
export function readArguments(args: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stay: { type: 'boolean', default: false },
      events: { type: 'string' },
      json: { type: 'string' },
      hosting: { type: 'string', default: 'own' },
    },
  });
  const { stay, events, json, hosting } = values;
  if (hosting !== 'own' && hosting !== 'pooled') {
    throw Object.assign(new TypeError(`--hosting is own or pooled, not ${hosting}`), {
      code: 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE',
    });
  }
  return { stay, events, json, hosting };
}

export const USAGE = 'npm run demo -- [--stay] [--events FILE] [--json FILE] [--hosting own|pooled]';
