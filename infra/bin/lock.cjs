/**
 * A lock between processes, as a file that names its holder.
 * A holder that died, however it died, does not block: on the same host its process id and start time are looked up;
 * on another host (a shared folder) the file counts as abandoned when nobody has touched it for a minute.
 * Plain CommonJS with built-ins only, because `run.mjs` needs it before anything is installed or compiled.
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const touchEveryMs = 5_000;
const abandonedAfterMs = 60_000;
const pollMs = 200;

/** When the process started, in a unit of the system's own; '' where /proc is not there, undefined when it is not running. */
function startOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (failure) {
    if (failure.code === 'ESRCH') return undefined;
  }
  try {
    const afterName = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
    return afterName[0] === 'Z' ? undefined : afterName[19];
  } catch {
    return '';
  }
}

function identityOf(pid) {
  return JSON.stringify({ host: os.hostname(), pid, started: startOf(pid) ?? '' });
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (failure) {
    if (failure.code === 'ENOENT') return undefined;
    throw failure;
  }
}

function ageMs(file) {
  try {
    return Date.now() - fs.statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** The process that holds the lock, or undefined when nobody that lives does. */
function holderOf(file) {
  const text = read(file);
  if (text === undefined) return undefined;
  let holder;
  try {
    holder = JSON.parse(text);
  } catch {
    return ageMs(file) < touchEveryMs ? { host: os.hostname(), pid: 0 } : undefined; // being written, or its writer died
  }
  if (holder.host !== os.hostname()) return ageMs(file) < abandonedAfterMs ? holder : undefined;
  const started = startOf(holder.pid);
  return started !== undefined && started === holder.started ? holder : undefined;
}

/** Takes an abandoned lock away; puts it back when someone else took it over in between. */
function removeAbandoned(file) {
  const judged = read(file);
  if (judged === undefined || holderOf(file) !== undefined) return;
  const aside = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    fs.renameSync(file, aside);
    if (read(aside) !== judged) fs.linkSync(aside, file);
  } catch (failure) {
    if (failure.code !== 'ENOENT' && failure.code !== 'EEXIST') throw failure;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

function release(file, identity) {
  if (read(file) === identity) fs.rmSync(file, { force: true });
}

/** Takes the lock if it is free: a function that gives it back, or undefined. */
function tryLock(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  removeAbandoned(file);
  const identity = identityOf(process.pid);
  try {
    fs.writeFileSync(file, identity, { flag: 'wx' });
  } catch (failure) {
    if (failure.code === 'EEXIST') return undefined;
    throw failure;
  }
  const touching = setInterval(() => fs.utimes(file, new Date(), new Date(), () => {}), touchEveryMs);
  touching.unref();
  return () => {
    clearInterval(touching);
    release(file, identity);
  };
}

/** Runs `work` while holding the lock; waits as long as a living process holds it, and tells `onWait` once about whom. */
async function withLock(file, work, onWait = () => {}) {
  let free = tryLock(file);
  let told = false;
  while (free === undefined) {
    const holder = holderOf(file);
    if (!told && holder) onWait(holder);
    told ||= holder !== undefined;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    free = tryLock(file);
  }
  try {
    return await work();
  } finally {
    free();
  }
}

/** Says that process `pid` uses what the file stands for, until that process has ended. */
function markHeldBy(file, pid) {
  fs.writeFileSync(file, identityOf(pid));
}

module.exports = { holderOf, tryLock, withLock, markHeldBy };
