/**
 * Runs one command of the platform from a fresh clone on: checks Node, installs, compiles, then hands over.
 * Built-ins only: it starts before node_modules exists. Two commands at once wait for each other while setting up.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What each command runs once everything is compiled: a program of ours, or tools one after the other. */
const commands = {
  demo: ['dist/infra/demo/main.js'],
  start: ['dist/infra/processes/all-main.js'],
  topics: ['dist/infra/processes/topics-main.js'],
  test: ['dist/test/run-tests.js'],
  bench: ['dist/bench/main.js'],
  simulate: ['dist/test/simulation/main.js'],
  stack: ['dist/infra/stack/main.js'],
  'stack:reset': ['dist/infra/stack/reset.js'],
  check: [
    'node_modules/@biomejs/biome/bin/biome ci .',
    // Their builds leave tests out, so that these are not published; what is compiled before has all other types checked.
    'node_modules/typescript/bin/tsc -p events/tsconfig.test.json',
    'node_modules/typescript/bin/tsc -p kafka/tsconfig.test.json',
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs --config .dependency-cruiser.cjs .',
    'node_modules/knip/bin/knip.js',
    'node_modules/jest/bin/jest.js --selectProjects unit replay',
  ],
};

const oldestNode = [20, 19];
const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');
const modules = join(checkout, 'node_modules');
const stamp = join(modules, '.millrace-installed');
const tellEveryMs = 5000;
const repeatMs = 1000;
const thoroughSeeds = '2000'; // for check and test; `npm run test:unit`, which does not come through here, is to be quick

let running; // the child that signals go to
const forwardedAt = new Map();

async function main() {
  const [name, ...args] = process.argv.slice(2);
  const steps = commands[name];
  if (!nodeIsRecentEnough()) return 1;
  if (steps === undefined) return usage();
  passSignalsOn();
  const { default: lock } = await import('./lock.cjs'); // its syntax is younger than what the check above refuses
  const setUp = await lock.withLock(
    join(checkout, '.millrace/setup.lock'),
    async () => (await install()) || (await step('compiling', ['node_modules/typescript/bin/tsc', '-b'])),
    (holder) => say(`process ${holder.pid} is installing or compiling, waiting for it`),
  );
  if (setUp !== 0) return setUp;
  for (const line of steps) {
    const code = await handOver([...line.split(' '), ...args]);
    if (code !== 0) return code;
  }
  return 0;
}

function nodeIsRecentEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return true;
  say(
    `Node ${oldestNode.join('.')} or newer is needed, this is ${process.version}: install one from nodejs.org or with a version manager`,
  );
  return false;
}

function usage() {
  say(`usage: node infra/bin/run.mjs ${Object.keys(commands).join('|')} [arguments]`);
  return 2;
}

/**
 * Installs what the lock file says, unless that is there already. Not with `npm ci`: npm 11 takes a lock file that
 * names no registry for incomplete, and it removes node_modules from under a command that runs.
 */
async function install() {
  const lockFile = join(checkout, 'package-lock.json');
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;
  if (!installedByNpmSince(lockFile)) {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const code = await step(
      'installing dependencies',
      ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund'],
      npm,
    );
    if (code !== 0) return code;
  }
  writeFileSync(stamp, wanted);
  return 0;
}

/** Whether someone has run npm by hand after the lock file changed; npm leaves a list of what it put there. */
function installedByNpmSince(lockFile) {
  const list = join(modules, '.package-lock.json');
  return existsSync(list) && statSync(list).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** A step of the set-up: quiet unless it fails, but it says how long it has been at it. */
async function step(what, args, program = process.execPath) {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  say(what);
  const telling = setInterval(() => say(`${what}: ${seconds()} so far`), tellEveryMs);
  const child = spawn(program, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await ended(child);
  clearInterval(telling);
  if (code !== 0) process.stderr.write(`${output.trimEnd().split('\n').slice(-40).join('\n')}\n`);
  say(code === 0 ? `${what}: done in ${seconds()}` : `${what} failed after ${seconds()}`);
  return code;
}

/** The command itself, with this terminal. In a session of its own, so that Ctrl-C reaches it once, from us. */
function handOver(args) {
  return ended(
    spawn(
      process.execPath,
      ['--enable-source-maps', '--require', join(checkout, 'infra/bin/end-with-parent.cjs'), ...args],
      {
        cwd: checkout,
        detached: true,
        stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
        env: { SIMULATION_SEEDS: thoroughSeeds, ...process.env, MILLRACE_LAUNCHER: String(process.pid) },
      },
    ),
  );
}

function ended(child) {
  running = child;
  return new Promise((resolve) => {
    child.once('error', (failure) => {
      say(String(failure));
      resolve(1);
    });
    child.once('close', (code, signal) => {
      running = undefined;
      if (signal !== null) say(`ended by ${signal}`); // before it could say so itself
      resolve(code ?? 128 + (signalNumbers[signal] ?? 0));
    });
  });
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Every signal goes on to what runs now. A Ctrl-C comes from the terminal and from npm: the second within a second is that copy. */
function passSignalsOn() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const before = forwardedAt.get(signal);
      if (before !== undefined && Date.now() - before < repeatMs) return;
      forwardedAt.set(signal, Date.now());
      if (running === undefined) process.exit(128 + signalNumbers[signal]);
      running.kill(signal);
    });
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

process.exitCode = await main();
