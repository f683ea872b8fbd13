/** What workflows may do to the world. Every activity may run more than once; each is safe to repeat. */
export {
  createBookkeepingActivities,
  type BookkeepingActivities,
  type BookkeepingDependencies,
  type FindRequest,
} from './bookkeeping.ts';
export { createTrainingActivities, type TrainingActivities, type TrainingDependencies } from './training.ts';
