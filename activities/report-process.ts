/**
 * Writes reports in processes of their own: drawing blocks Node's event loop for longer than the jobs of other sweeps
 * may go without a heartbeat.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { ReportProgress } from '../core/results.ts';
import type { SweepOutcome } from '../store/runs.ts';
import { hasSameCode, OtherCode, unguarded, type CodeGuard, type Loaded } from '../trainer/code-guard.ts';
import { moduleFile, typescriptEnvironment, typescriptFlags } from '../trainer/typescript.ts';

/** `outcome`: how the sweep ends, which is written after its report. */
export interface ReportRequest {
  runs: string;
  sweepId: string;
  outcome: SweepOutcome;
}

/**
 * `alive`: it has come further, which `progress` says. `unreported`: why there can be no report of what lies there, in
 * a line.
 */
export type FromReportWriter =
  | Loaded
  | { type: 'alive'; progress: ReportProgress }
  | { type: 'done'; unreported?: string }
  | { type: 'failed'; message: string };

export interface ReportOptions {
  signal: AbortSignal;
  onAlive(progress?: ReportProgress): void;
  beatMs?: number;
  mostSilenceMs?: number;
}

export interface ReportWriters {
  /** Has one ready, which takes a second, since it loads all that draws; not while another one writes. */
  prepare(): void;
  /**
   * Resolves once the report is written, or with why it cannot be. `onAlive` is called every few seconds while the
   * process lives and has come further not too long ago.
   */
  write(request: ReportRequest, options: ReportOptions): Promise<string | undefined>;
  /** Ends one that is ready. */
  close(): void;
}

const WRITER = moduleFile('./report-writer.ts', import.meta.url);
const BEAT_MS = 5000;
/** One figure of very many points is drawn in one go; longer than this, in milliseconds, none takes. */
const MOST_SILENCE_MS = 10 * 60_000;

interface Writer {
  child: ChildProcess;
  same: Promise<boolean>;
}

/** A writer that has loaded other code writes nothing: the report is rejected with OtherCode. */
export function createReportWriters(guard: CodeGuard = unguarded): ReportWriters {
  let ready: Writer | undefined;
  let writing = 0;

  function start(): Writer {
    const child = fork(WRITER, {
      env: { ...process.env, ...typescriptEnvironment },
      execArgv: [...typescriptFlags],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.once('close', () => {
      if (ready?.child === child) ready = undefined;
    });
    child.on('error', () => {}); // write() tells
    return { child, same: hasSameCode(child, guard) };
  }

  return {
    prepare() {
      if (writing === 0) ready ??= start();
    },
    write(request, options) {
      const writer = ready ?? start();
      ready = undefined;
      writing++;
      return written(writer, request, options).finally(() => writing--);
    },
    close() {
      ready?.child.kill('SIGKILL');
      ready = undefined;
    },
  };
}

function written({ child, same }: Writer, request: ReportRequest, options: ReportOptions): Promise<string | undefined> {
  const { signal, onAlive, beatMs = BEAT_MS, mostSilenceMs = MOST_SILENCE_MS } = options;
  const { sweepId } = request;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  let heardAt = Date.now();
  let end: FromReportWriter | undefined;
  let progress: ReportProgress | undefined;
  const kill = () => void child.kill('SIGKILL');
  const beat = setInterval(() => (Date.now() - heardAt > mostSilenceMs ? kill() : onAlive(progress)), beatMs);
  signal.addEventListener('abort', kill, { once: true });
  return new Promise<string | undefined>((resolve, reject) => {
    child.on('message', (message: FromReportWriter) => {
      heardAt = Date.now();
      if (message.type === 'alive') progress = message.progress;
      end = message;
    });
    child.once('error', reject); // it cannot be started
    child.once('close', (code, killedBy) => {
      if (end?.type === 'done') resolve(end.unreported);
      else if (signal.aborted) reject(signal.reason as Error);
      else
        reject(
          new Error(
            end?.type === 'failed'
              ? end.message
              : `the process that writes the report of ${sweepId} ended (${killedBy ?? `code ${code}`}) ${errors}`.trim(),
          ),
        );
    });
    same.then((isSame) => {
      if (isSame) return child.send(request, () => {}); // one that has ended is closed, which tells
      reject(new OtherCode());
      return kill();
    }, reject);
    if (signal.aborted) kill();
  }).finally(() => {
    clearInterval(beat);
    signal.removeEventListener('abort', kill);
  });
}
