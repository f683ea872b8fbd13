/** The process that writes a report: it is told which, once. It belongs to the worker that started it. */
import { UserError } from '../core/errors.ts';
import type { ReportProgress } from '../core/results.ts';
import { writeReport } from '../reports/report.ts';
import { openStore } from '../store/index.ts';
import type { FromReportWriter, ReportRequest } from './report-process.ts';

const send = (message: FromReportWriter, then = () => {}) => void process.send?.(message, then);

process.on('disconnect', () => process.exit(1));
process.on('SIGINT', () => {}); // ^C reaches the whole process group; the worker decides what becomes of a report

let toldAt = 0;
function onProgress(progress: ReportProgress): void {
  if (Date.now() - toldAt < 500) return;
  toldAt = Date.now();
  send({ type: 'alive', progress });
}

send({ type: 'loaded' });
process.once('message', ({ runs, sweepId, outcome }: ReportRequest) => {
  writeReport(openStore(runs), sweepId, { outcome, onProgress }).then(
    () => send({ type: 'done' }, () => process.exit(0)),
    (error: Error) => {
      const unreported = error instanceof UserError;
      send(
        unreported
          ? { type: 'done', unreported: `there is no new report: ${error.message}` }
          : { type: 'failed', message: error.message },
        () => process.exit(0),
      );
    },
  );
});
