/** `sweep plan`. */
import { planOf } from '../../../orchestrate/plan.ts';
import { chooseBackend, originOf } from '../../../setup/backend.ts';
import { commandOn } from '../../../store/command.ts';
import { openStore } from '../../../store/index.ts';
import { loadSpec } from '../../../sweep-file/index.ts';
import { say, sayJson } from '../../ui/output.ts';
import { planJson, planLines } from '../../ui/plan.ts';
import { styleOf } from '../../ui/style.ts';

export interface PlanOptions {
  set?: string[];
  runs: string;
  json?: boolean;
}

export async function plan(file: string, { set = [], runs, json }: PlanOptions): Promise<void> {
  const store = openStore(runs);
  const found = await planOf(await loadSpec(file, { set }), store, { origin: originOf(await chooseBackend()) });
  if (json) sayJson(planJson(found));
  else
    planLines(
      found,
      commandOn(
        store,
        ['start', file],
        set.flatMap((one) => ['--set', one]),
      ),
      styleOf(process.stdout),
    ).forEach(say);
}
