import { roundedText } from '../model.ts';
import { cell, numberCell } from '../tables.ts';
import { gatesOf } from './gate.ts';
import type { Row, TableFigure } from './types.ts';
import { distinct } from './layout.ts';

/** A longer table shows less than the picture. */
const MOST_ROWS = 60;

/** Of as many gates as fit, every row; the first row too many belongs to the first gate that does not. */
function shownOf(rows: Row[]): Row[] {
  const next = rows[MOST_ROWS];
  return next === undefined
    ? rows
    : rows.slice(
        0,
        rows.findIndex((row) => row['gate'] === next['gate']),
      );
}

/**
 * Table 1 of seed 002: where each time step lies in the period, in which half of the open phase, and how open the gate
 * is.
 */
export const gateTable: TableFigure = {
  title: 'The time gate, step by step',
  summary:
    'φ, the half of the open phase, and k of a phased LSTM at each time step, where those are few; table 1 of seed 002',
  caption(_, rows) {
    const [shown, all] = [shownOf(rows), rows].map((some) => distinct(some, 'gate').length);
    const equations =
      'φ = ((t − s) mod τ) / τ. The gate opens while φ < r_on / 2 (k = 2 φ / r_on), closes while r_on / 2 ≤ φ < r_on ' +
      '(k = 2 − 2 φ / r_on), and is else closed (k = 0).';
    return shown === all ? equations : `${equations} Of ${all} gates, the first ${shown}; the CSV file has the others.`;
  },
  data(report) {
    const gates = gatesOf(report);
    // Fixed ones come first: of them the equations hold as they are.
    const ordered = (['always', 'end'] as const).flatMap((time) => gates.filter(({ when }) => when === time));
    const rows = ordered.flatMap(({ label, gate: { t, phi, k, tau, s, rOn } }) =>
      t.map((at, i): Row => {
        const place = phi[i] as number;
        const opens = rOn === undefined ? null : String(place < rOn / 2);
        const closes = rOn === undefined ? null : String(place >= rOn / 2 && place < rOn);
        return {
          gate: label,
          tau: tau ?? null,
          s: s ?? null,
          rOn: rOn ?? null,
          t: at,
          phi: place,
          opens,
          closes,
          k: k[i] as number,
        };
      }),
    );
    return shownOf(rows).length === 0 ? undefined : rows;
  },
  table(all) {
    const rows = shownOf(all);
    const several = distinct(rows, 'gate').length > 1;
    const halves = rows.every(({ rOn }) => rOn !== null);
    return {
      head: [...(several ? ['gate'] : []), 't', 'φ', ...(halves ? ['φ < r_on / 2', 'r_on / 2 ≤ φ < r_on'] : []), 'k'],
      rows: rows.map(({ gate, t, phi, opens, closes, k }) => [
        ...(several ? [cell(String(gate))] : []),
        cell(String(t), { sort: Number(t) }),
        cell(roundedText(Number(phi)), { sort: Number(phi) }),
        ...(halves ? [cell(String(opens)), cell(String(closes))] : []),
        numberCell(Number(k)),
      ]),
    };
  },
};
