import { parseArgs } from 'node:util';
import { type Side, sidesOf } from './sides';

export interface BenchArguments {
  /** One round, with shorter limits: for development. */
  readonly quick: boolean;
  /** Rounds whose median is shown; 3, or 1 with `--quick`. */
  readonly rounds: number;
  /** Rows to measure, by id or by the part of it before a dot; empty: all. */
  readonly only: readonly string[];
  /** Settings to measure the same rows under, in turn. */
  readonly sides: readonly Side[];
  readonly json: string | undefined;
}

export const USAGE = 'npm run bench -- [--quick] [--rounds N] [--only ID]... [--against NAME=VALUE]... [--json FILE]';

/** Throws a `TypeError` with a code ERR_PARSE_ARGS... for what it does not know, and a `RangeError` for no number of rounds or no settings. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      against: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20)
    throw new RangeError('--rounds takes a number from 1 to 20');
  return { quick: values.quick, rounds, only: values.only, sides: sidesOf(values.against), json: values.json };
}
