// Keeps one program running: started detached by supervise.ts, plain JavaScript so that it costs little and starts at
// once. The program's output goes straight to a file, so neither process can block or break the other.
import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';

/**
 * @typedef {object} Order
 * @property {string} record  where to write how things stand
 * @property {{ name: string, processes: string }} host  where this process's id means something
 * @property {string} log
 * @property {string[]} supervisor  this process's own command line, by which it is told from a stranger with its id
 * @property {string} command
 * @property {string[]} args
 * @property {string} cwd
 * @property {number} graceMs       between SIGTERM and SIGKILL
 * @property {number} quickFailures how many in a row before giving up
 * @property {number} startMs        an error within this of its start is a failure to start
 * @property {unknown} meta
 * @property {import('./front.js').Front} [front]  left out: nothing stands in front of it
 */

const SLOWEST_RESTART_MS = 30_000;
const QUICK_MS = 10_000;
const LOG_BYTES = 10 << 20;
const TICK_MS = 5_000;

/** @type {Order} */
const order = JSON.parse(process.env.SWEEP_SUPERVISE ?? '{}');
const env = { ...process.env };
delete env.SWEEP_SUPERVISE;

const record = {
  host: order.host,
  supervisor: order.supervisor,
  command: order.command,
  args: order.args,
  meta: order.meta,
  supervisorPid: process.pid,
  childPid: 0,
  startedAt: new Date().toISOString(),
  restarts: 0,
  state: 'running',
  reason: '',
};

/** @type {import('node:child_process').ChildProcess | undefined} */
let child;
let stopping = false;
let quick = 0;

/**
 * What is written in the record is ours; false: it was removed, or another supervisor has taken this one for dead,
 * maybe from another machine.
 */
function isOurs() {
  try {
    const { supervisorPid, host } = JSON.parse(readFileSync(order.record, 'utf8'));
    return supervisorPid === process.pid && host?.processes === order.host.processes;
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    return !['ENOENT', 'ENOTDIR'].includes(code); // a disk that does not answer for a moment is no reason to end
  }
}

function write() {
  try {
    writeFileSync(`${order.record}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
    renameSync(`${order.record}.new`, order.record);
  } catch {
    // The folder is gone: the next tick ends this.
  }
}

/** @param {string} state @param {string} reason */
function end(state, reason) {
  Object.assign(record, { state, reason, childPid: 0 });
  if (isOurs()) write();
  process.exit(state === 'failed' ? 1 : 0);
}

function trimLog() {
  try {
    if (statSync(order.log).size <= LOG_BYTES) return;
    copyFileSync(order.log, `${order.log}.1`);
    truncateSync(order.log);
  } catch {
    // no log, nothing to trim
  }
}

/** By this, machines that share the folder see that it runs. */
function beat() {
  try {
    const now = new Date();
    utimesSync(order.record, now, now);
  } catch {
    // the next one will do
  }
}

/** What it said last of an error, rather than the lines that follow one. */
function lastWords() {
  try {
    const lines = readFileSync(order.log, 'utf8').slice(-4000).trim().split('\n');
    const told = lines.filter((line) => /^(\w*Error\b|error:)/.test(line) && !line.startsWith('error: this is a bug'));
    return (told.at(-1) ?? lines.at(-1) ?? '').slice(0, 300);
  } catch {
    return '';
  }
}

function start() {
  trimLog();
  const began = Date.now();
  const log = openSync(order.log, 'a', 0o600);
  child = spawn(order.command, order.args, { cwd: order.cwd, env, stdio: ['ignore', log, log] });
  closeSync(log);
  record.childPid = child.pid ?? 0;
  write();
  let ended = false;
  /** @param {string} how @param {boolean} clean @param {number} quickMs */
  const over = (how, clean, quickMs) => {
    if (ended) return;
    ended = true;
    child = undefined;
    if (stopping) return end('stopped', '');
    if (clean) return end('stopped', 'it ended by itself');
    quick = Date.now() - began < quickMs ? quick + 1 : 1;
    const reason = `${how}; last in ${order.log}: ${lastWords()}`;
    if (quick > order.quickFailures) return end('failed', reason);
    if (!isOurs()) return end('stopped', '');
    Object.assign(record, { childPid: 0, restarts: record.restarts + 1, reason });
    write();
    setTimeout(
      () => (stopping || !isOurs() ? end('stopped', '') : start()),
      Math.min(1000 * 2 ** (quick - 1), SLOWEST_RESTART_MS),
    );
  };
  child.once('error', (error) => over(error.message, false, order.startMs));
  child.once('exit', (code, signal) =>
    signal
      ? over(`it was ended by ${signal}`, false, QUICK_MS)
      : over(`it ended with code ${code}`, code === 0, order.startMs),
  );
}

function stop() {
  if (stopping) return;
  stopping = true;
  if (!child) return end('stopped', '');
  child.kill('SIGTERM');
  setTimeout(() => child?.kill('SIGKILL'), order.graceMs);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('SIGHUP', () => undefined);
setInterval(() => {
  if (!isOurs()) return stop();
  trimLog();
  beat();
}, TICK_MS);
if (order.front)
  (await import('./front.js')).serveFront(order.front, ({ message }) =>
    process.stderr.write(`the Temporal UI cannot be shown: ${message}\n`),
  );
start();
