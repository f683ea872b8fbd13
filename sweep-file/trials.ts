/**
 * Whole trials of a spec, checked: what is wrong only with values together, such as truncating beyond a sequence's end.
 */
import { UserError } from '../core/errors.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import { countTrials, labelOf, trialAt } from '../core/plan.ts';
import { shapeGroups } from '../core/shapes.ts';
import type { NetworkSweep, NetworkTrial } from '../core/spec.ts';
import { entryOf, ownOptions } from '../models/options.ts';
import { tasks } from '../models/tasks/index.ts';
import type { Task } from '../models/types.ts';
import { explain } from './explain.ts';
import { listOf, show, type Path, type Problem } from './problem.ts';
import { sectionNames, sectionSchema } from './schema.ts';

/**
 * A large space is looked at in this many places, evenly spread, and in as many of its shapes, which is what most
 * things depend on that make no sense together: a few hundred milliseconds.
 */
const MOST_TRIALS_TRIED = 500;

function checkTrial(
  trial: NetworkTrial,
  { objective, sampling }: NetworkSweep,
  corpora: ReadonlyMap<string, string>,
): Problem[] {
  const problems = sectionNames.flatMap((name): Problem[] => {
    const schema = sectionSchema(name);
    const parsed = schema.safeParse(trial[name]);
    return parsed.success ? [] : explain(parsed.error, schema, trial[name] as JsonObject, [name]);
  });
  if (problems.length > 0) return problems;

  const task = entryOf<Task>(tasks, 'task', trial.task.name);
  const known = Object.keys(task.metrics);
  const unknown = (path: string[], metric: string): Problem[] =>
    known.includes(metric)
      ? []
      : [{ path, message: `${show(metric)} is not a metric of ${task.name}; allowed: ${listOf(known)}` }];
  const metrics = [
    ...unknown(['objective', 'metric'], objective.metric),
    ...(trial.training.stopWhen ? unknown(['training', 'stopWhen', 'metric'], trial.training.stopWhen.metric) : []),
  ];
  if (metrics.length > 0) return metrics;
  if (sampling && !task.writes)
    return [{ path: ['sampling'], message: `${task.name} generates no text; leave sampling out` }];
  return attempt([], () => {
    const { writer } = task.build(
      ownOptions(task, trial.task),
      trial.model,
      trial.training,
      corpora.get(String(trial.task['corpus'])),
    );
    const check = (prompt: string): Problem[] => {
      writer?.check?.(prompt);
      return [];
    };
    return (sampling?.prompts ?? []).flatMap((prompt, i) => attempt(['sampling', 'prompts', i], () => check(prompt)));
  });
}

/** The problems that an attempt finds, or the error it throws, as a problem of that place. */
function attempt(path: Path, check: () => Problem[]): Problem[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof UserError) return [{ path, message: error.message }];
    throw error;
  }
}

/** `corpora` are the texts that the spec refers to, by reference. */
export function checkTrials(spec: NetworkSweep, corpora: ReadonlyMap<string, string>): Problem[] {
  const configurations = countTrials(spec) / spec.repeats;
  const tried = Math.min(configurations, MOST_TRIALS_TRIED);
  const spread = Array.from({ length: tried }, (_, i) =>
    trialAt(spec, Math.floor((i * configurations) / tried) * spec.repeats),
  );
  const shapes = tried === configurations ? [] : shapeGroups(spec, MOST_TRIALS_TRIED).groups;
  const found = new Map<string, Problem>();
  for (const { trial, label } of [
    ...spread,
    ...shapes.map(({ example, values }) => ({ trial: example, label: labelOf(values, 0) })),
  ]) {
    for (const { path, message } of checkTrial(trial as NetworkTrial, spec, corpora)) {
      const key = canonicalJson([path, message]);
      const ofAll = path[0] === 'objective' || path[0] === 'sampling';
      // One trial stands for all that have the same problem.
      if (!found.has(key)) found.set(key, { path, message: ofAll ? message : `${message} (in trial "${label}")` });
    }
  }
  return [...found.values()];
}
