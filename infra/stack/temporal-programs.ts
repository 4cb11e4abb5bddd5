import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout';
import { type Building, folderOf, type Pinned, provide, run } from './pinned';
import { programs } from './programs';
import { StackError } from './stack-error';
import { downloadTemporalCli } from './temporal-download';

const cliModule = join(checkout, 'infra/stack/temporal-cli');
const serverModule = join(checkout, 'infra/stack/temporal-server');
// Only what is written in go.mod and go.sum is built; a workspace or vendor folder around the checkout does not count.
const goEnvironment = { GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };

const cli: Pinned = {
  name: 'temporal-cli',
  version: '1.5.1',
  pins: [join(cliModule, 'go.mod'), join(cliModule, 'go.sum')],
  what: "building Temporal's CLI 1.5.1 with Go (once; 2 to 4 minutes)",
  build: (into, signal) =>
    run('go', ['build', '-o', join(into, 'temporal'), 'github.com/temporalio/cli/cmd/temporal'], {
      cwd: cliModule,
      env: goEnvironment,
      signal,
    }),
};

const server: Pinned = {
  name: 'temporal-server',
  version: '1.31.2',
  pins: [join(serverModule, 'go.mod'), join(serverModule, 'go.sum')],
  what: 'building the Temporal server 1.31.2 with Go (once; 3 to 5 minutes)',
  build: (into, signal) =>
    run('go', ['build', '-o', `${into}/`, 'go.temporal.io/server/cmd/server', 'go.temporal.io/server/cmd/tools/sql'], {
      cwd: serverModule,
      env: goEnvironment,
      signal,
    }),
};

const download: Pinned = {
  ...cli,
  name: 'temporal-cli-download',
  what: "downloading Temporal's CLI 1.5.1 through the SDK",
  build: (into, signal) => downloadTemporalCli('v1.5.1', into, signal),
};

/** Temporal's CLI, which holds a dev server and the Web UI: from PATH, built with Go, or downloaded by the SDK. */
export async function temporalCli(building: Building): Promise<string> {
  const installed = programs.temporal();
  if (installed !== undefined && !existsSync(folderOf(cli))) return installed;
  if (programs.go() === undefined && !existsSync(folderOf(cli))) return join(await downloaded(building), 'temporal');
  return join(await provide(cli, building), 'temporal');
}

async function downloaded(building: Building): Promise<string> {
  try {
    return await provide(download, building);
  } catch (cause) {
    building.signal.throwIfAborted();
    throw new StackError(
      'no-way',
      'no container engine, no Temporal CLI, no Go 1.24, and none could be downloaded: install one of them, or set TEMPORAL_ADDRESS',
      { cause },
    );
  }
}

export interface TemporalServerPrograms {
  server: string;
  /** The schema tool; it carries the schema of its version. */
  sql: string;
}

/** The Temporal server and its schema tool, built from its source. */
export async function temporalServer(building: Building): Promise<TemporalServerPrograms> {
  if (programs.go() === undefined && !existsSync(folderOf(server))) {
    throw new StackError('no-way', 'no container engine and no Go 1.24: install one of them, or set TEMPORAL_ADDRESS');
  }
  const folder = await provide(server, building);
  return { server: join(folder, 'server'), sql: join(folder, 'sql') };
}
