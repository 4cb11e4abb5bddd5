import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingNames } from '../config/config';
import { checkout } from '../stack/checkout';
import { searchAttributes, temporalSettings } from '../stack/temporal-settings';

const text = (path: string) => readFileSync(join(checkout, path), 'utf8');

describe('the containers', () => {
  it('give Temporal the same settings as the embedded servers', () => {
    const lines = text('infra/compose/temporal-settings.yaml').matchAll(/^(\S+): \[\{ value: ([\d.]+|true) \}\]$/gm);
    expect(Object.fromEntries([...lines].map(([, name, value]) => [name, JSON.parse(value ?? '')]))).toEqual(
      temporalSettings,
    );
  });

  it('register the same search attributes', () => {
    const names = /for name in (.+); do/.exec(text('infra/compose/temporal-namespace.sh'))?.[1];
    expect(names?.split(' ')).toEqual([...searchAttributes]);
  });

  it('give the processes settings that they know, where journeys live and how they record among them', () => {
    const [settings = ''] = /(?<=&process-settings\n)(?: {2}[A-Z_]+: .+\n)+/.exec(text('docker-compose.yml')) ?? [];
    const names = settings.match(/[A-Z_]+(?=: )/g) ?? [];
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'HOSTING', 'RECORDING']));
    expect(names.filter((name) => !settingNames.includes(name))).toEqual([]);
    expect(settings).toMatch(/HOSTING: \$\{HOSTING:-\}\n/); // empty counts as unset
  });

  it('run programs that the checkout has', () => {
    const programs = [...text('docker-compose.yml').matchAll(/dist\/(infra\/processes\/\S+)\.js/g)].map(
      ([, path]) => path,
    );
    expect(programs).toHaveLength(6);
    for (const program of programs) expect(text(`${program}.ts`)).not.toBe('');
  });
});
