import { schedulers, type RungReport, type Scheduler } from '../../core/schedulers/index.ts';
import type { Json } from '../../core/json.ts';
import { testAccepted, testEntries, testPlanted } from './contract.ts';
import { schedulerContracts } from './schedulers.ts';

testEntries<Scheduler>(schedulers, schedulerContracts);

const { asha, hyperband, full } = schedulers as Record<string, Scheduler>;
const BY_STATE = 'goes by its state alone: from every state that was kept, in any order, the same again';

/** Stops a configuration at nine tenths of its steps if it is the worst so far: saves next to nothing. */
const lenient: Scheduler<{ next: number; going: number[]; worst: number | null }> = {
  summary: 'stops the worst, late',
  options: {},
  wholeTrials: false,
  rungs: ({ maxSteps, evaluateEvery }) => {
    const early = evaluateEvery * Math.floor((0.9 * maxSteps) / evaluateEvery);
    return early > 0 && early < maxSteps ? [early, maxSteps] : [maxSteps];
  },
  init: () => ({ next: 0, going: [], worst: null }),
  next(state, setting) {
    const rungs = lenient.rungs(setting);
    const [on, ...going] = state.going;
    if (on !== undefined) {
      const toStep = rungs[1] as number;
      return {
        state: { ...state, going },
        assignment: { configuration: on, rung: 1, toStep },
        decision: { configuration: on, rung: 1, action: 'continue', reason: 'not the worst', numbers: { toStep } },
      };
    }
    if (state.next >= setting.configurations) return undefined;
    const configuration = state.next;
    const toStep = rungs[0] as number;
    return {
      state: { ...state, next: configuration + 1 },
      assignment: { configuration, rung: 0, toStep },
      decision: { configuration, rung: 0, action: 'start', reason: 'a worker was free', numbers: { toStep } },
    };
  },
  report(state, { configuration, rung, value, ended }: RungReport, { goal }) {
    const better = (a: number, b: number) => (goal === 'maximize' ? a > b : a < b);
    const isWorst = value === null || (state.worst !== null && better(state.worst, value));
    const worst = value === null ? state.worst : isWorst || state.worst === null ? value : state.worst;
    if (ended || isWorst) {
      const action = ended ? 'complete' : 'stop';
      const decision = { configuration, rung, action, reason: 'ended, or the worst', numbers: { value } } as const;
      return { state: { ...state, worst }, decisions: [decision] };
    }
    return { state: { ...state, worst, going: [...state.going, configuration] }, decisions: [] };
  },
};

testAccepted<Scheduler>({ 'one that saves little': lenient as unknown as Scheduler }, schedulerContracts);

let latest: Json = null;
let reports = 0;

testPlanted<Scheduler>(
  {
    'a state in the module': {
      entry: {
        ...asha!,
        report: (state, report, s) => asha!.report(state, reports++ % 9 === 8 ? { ...report, value: null } : report, s),
      },
      noticedBy: BY_STATE,
    },
    'what it was given is forgotten for what it has kept': {
      entry: {
        ...asha!,
        init: (s) => (latest = asha!.init(s)),
        next: (state, s) => asha!.next(latest ?? state, s),
        report(state, report, s) {
          const taken = asha!.report(state, report, s);
          latest = taken.state;
          return taken;
        },
      },
      noticedBy: 'trains every configuration from a start to one end, by rising rungs within the last step',
    },
    'the goal ignored': {
      entry: {
        ...asha!,
        next: (state, s) => asha!.next(state, { ...s, goal: 'maximize' }),
        report: (state, report, s) => asha!.report(state, report, { ...s, goal: 'maximize' }),
      },
      noticedBy: 'goes by the goal: the smallest is to it what the largest of the opposite numbers is',
    },
    'an option that nobody reads': {
      entry: { ...full!, options: { patience: { summary: 'steps to wait', integer: true, atLeast: 1, default: 3 } } },
      noticedBy: 'every option changes something',
    },
    'a scheduler that never stops anything': {
      entry: { ...full!, wholeTrials: false },
      noticedBy: 'trains whole trials, or saves steps where some are worse than others',
    },
    'a report that is lost': {
      entry: {
        ...hyperband!,
        report: (state, report, s) =>
          report.configuration === 3 ? { state, decisions: [] } : hyperband!.report(state, report, s),
      },
      noticedBy: 'trains every configuration from a start to one end, by rising rungs within the last step',
    },
    'chance of its own': {
      entry: { ...asha!, report: (state, report, s) => asha!.report(state, { ...report, value: Math.random() }, s) },
      noticedBy: BY_STATE,
    },
  },
  schedulerContracts,
);
