import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds the root package.json and infra/: the same from the sources and from dist/. */
export const checkout = find(__dirname);

function find(from: string): string {
  if (existsSync(join(from, 'infra/stack/kafka/pom.xml'))) return from;
  const above = dirname(from);
  if (above === from) throw new Error(`no checkout of millrace above ${__dirname}`);
  return find(above);
}
