/** `sweep doctor`. */
import { inspectMachine } from '../../../orchestrate/inspect.ts';
import type { Part } from '../../../setup/inspect.ts';
import type { RunsOptions } from '../../options.ts';
import { say, sayJson } from '../../ui/output.ts';
import { styleOf, type Style } from '../../ui/style.ts';
import { table } from '../../ui/table.ts';
import { clean } from '../../ui/text.ts';

export async function doctor({ runs, json }: RunsOptions): Promise<void> {
  const parts = await inspectMachine(runs);
  if (json) sayJson(parts);
  else lines(parts, styleOf(process.stdout)).forEach(say);
  if (parts.some(({ status }) => status === 'missing')) process.exitCode = 1;
}

function lines(parts: readonly Part[], style: Style): string[] {
  const tints = { ok: style.green, missing: style.red, optional: style.yellow };
  return table(
    parts.map(({ name, status, version = '', path = '', origin = '', hint = '' }) => [
      name,
      { text: status, tint: tints[status] },
      [clean(version), path && style.dim(clean(path)), clean(origin), clean(hint)].filter(Boolean).join('  '),
    ]),
  );
}
