/** The process that writes a report: `report-writer.ts <runs folder> <sweep> <how it ends, as JSON>`. It belongs to the worker that started it. */
import { UserError } from '../core/errors.ts';
import { writeReport } from '../reports/report.ts';
import { openStore } from '../store/index.ts';
import type { SweepOutcome } from '../store/runs.ts';
import type { FromReportWriter } from './report-process.ts';

const send = (message: FromReportWriter, then = () => {}) => void process.send?.(message, then);

const [runs = '', sweepId = '', outcome = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit(1));
process.on('SIGINT', () => {}); // ^C reaches the whole process group; the worker decides what becomes of a report

let toldAt = 0;
function onProgress(): void {
  if (Date.now() - toldAt < 500) return;
  toldAt = Date.now();
  send({ type: 'alive' });
}
writeReport(openStore(runs), sweepId, { outcome: JSON.parse(outcome) as SweepOutcome, onProgress }).then(
  () => send({ type: 'done' }, () => process.exit(0)),
  (error: Error) => {
    const unreported = error instanceof UserError;
    send(unreported ? { type: 'done', unreported: `there is no new report: ${error.message}` } : { type: 'failed', message: error.message }, () => process.exit(0));
  },
);
