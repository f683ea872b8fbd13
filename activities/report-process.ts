/** Writes reports in processes of their own: drawing blocks Node's event loop for longer than the jobs of other sweeps may go without a heartbeat. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SweepOutcome } from '../store/runs.ts';
import { typescriptFlags } from './typescript.ts';

/** `alive`: it has come further. `unreported`: why there can be no report of what lies there, in a line. */
export type FromReportWriter = { type: 'alive' } | { type: 'done'; unreported?: string } | { type: 'failed'; message: string };

const WRITER = fileURLToPath(new URL('./report-writer.ts', import.meta.url));
const BEAT_MS = 5000;
/** One figure of very many points is drawn in one go; longer than this, in milliseconds, none takes. */
const MOST_SILENCE_MS = 10 * 60_000;

/** `outcome`: how the sweep ends, which is written after its report. */
export interface ReportOptions { outcome: SweepOutcome; signal: AbortSignal; onAlive(): void; beatMs?: number; mostSilenceMs?: number }

/** Resolves once the report is written, or with why it cannot be. `onAlive` is called every few seconds while the process lives and has come further not too long ago. */
export function writeReportApart(runs: string, sweepId: string, options: ReportOptions): Promise<string | undefined> {
  const { outcome, signal, onAlive, beatMs = BEAT_MS, mostSilenceMs = MOST_SILENCE_MS } = options;
  const child = fork(WRITER, [runs, sweepId, JSON.stringify(outcome)], {
    execArgv: [...typescriptFlags], stdio: ['ignore', 'ignore', 'pipe', 'ipc'], signal, killSignal: 'SIGKILL',
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { errors = (errors + text).slice(-4000); });
  let heardAt = Date.now();
  let end: FromReportWriter | undefined;
  const beat = setInterval(() => (Date.now() - heardAt > mostSilenceMs ? child.kill('SIGKILL') : onAlive()), beatMs);
  return new Promise<string | undefined>((resolve, reject) => {
    child.on('message', (message: FromReportWriter) => {
      heardAt = Date.now();
      end = message;
    });
    child.once('error', reject); // it cannot be started, or the signal has aborted
    child.once('close', (code, killedBy) => {
      if (end?.type === 'done') resolve(end.unreported);
      else reject(new Error(end?.type === 'failed' ? end.message : `the process that writes the report of ${sweepId} ended (${killedBy ?? `code ${code}`}) ${errors}`.trim()));
    });
  }).finally(() => clearInterval(beat));
}
