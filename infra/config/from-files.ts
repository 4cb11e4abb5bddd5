import { readFileSync } from 'node:fs';
import type { ConfigFault } from './config-error';

export type Settings = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;

/** Settings that may also be given as `NAME_FILE`: the path of a file that holds the value, as orchestrators mount secrets. */
export const mayComeFromFile = [
  'DATABASE_URL',
  'JWT_PUBLIC_KEY',
  'KAFKA_SSL_CA',
  'KAFKA_SSL_CERT',
  'KAFKA_SSL_KEY',
  'KAFKA_SASL_PASSWORD',
  'TEMPORAL_TLS_CA',
  'TEMPORAL_TLS_CERT',
  'TEMPORAL_TLS_KEY',
  'TEMPORAL_API_KEY',
] as const;

export const readText: ReadFile = (path) => readFileSync(path, 'utf8');

/** The settings that are set, with the contents of the files that some of them name; a line end behind a value is none of it. */
export function withFiles(environment: Settings, readFile: ReadFile): { settings: Settings; faults: ConfigFault[] } {
  const settings = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const faults: ConfigFault[] = [];
  for (const name of mayComeFromFile) {
    const variable = `${name}_FILE`;
    const path = settings[variable];
    if (path === undefined) continue;
    if (settings[name] !== undefined)
      faults.push({ variable, message: `is given beside ${name}: one of them is enough` });
    else {
      // Stands for the value also where it could not be read: missing twice would be one fault told twice.
      const { value, fault } = contentOf(path, readFile);
      settings[name] = value;
      if (fault !== undefined) faults.push({ variable, message: fault });
    }
  }
  return { settings, faults };
}

function contentOf(path: string, readFile: ReadFile): { value: string; fault?: string } {
  try {
    const value = readFile(path).trimEnd();
    return value === '' ? { value: UNREAD, fault: `names an empty file: ${path}` } : { value };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { value: UNREAD, fault: `names a file that cannot be read: ${path} (${code})` };
  }
}

/** Faults under the names that were given: whoever set `NAME_FILE` looks for that. */
export const asGiven = (faults: readonly ConfigFault[], settings: Settings): ConfigFault[] =>
  faults.map(({ variable, message }) => ({
    variable: settings[`${variable}_FILE`] === undefined ? variable : `${variable}_FILE`,
    message,
  }));

/** In place of a value whose file could not be read; what else is wrong with it is not asked. */
export const UNREAD = '\0unread';
