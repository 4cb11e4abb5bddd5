import { parseArgs } from 'node:util';

export interface DemoArguments {
  readonly stay: boolean;
  readonly events: string | undefined;
  readonly json: string | undefined;
}

/** Throws with a usage line for what it does not know. */
export function readArguments(args: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { stay: { type: 'boolean', default: false }, events: { type: 'string' }, json: { type: 'string' } },
  });
  return { stay: values.stay, events: values.events, json: values.json };
}

export const USAGE = 'npm run demo -- [--stay] [--events FILE] [--json FILE]';
