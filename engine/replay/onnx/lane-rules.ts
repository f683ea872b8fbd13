import { elementwise, exactRules, product } from '../lanes/rules.ts';
import type { LaneRules } from '../lanes/types.ts';

export const laneRules: LaneRules = { ...exactRules, BatchMatMulV2: product, RealDiv: elementwise };
