import type { Node, Value } from '../graph.ts';

/** What a rule may ask of the values that a node reads. */
export interface Lanes {
  count: number;
  /** The one value for all lanes, if there is one. */
  shared(value: Value): Value | undefined;
  /**
   * [count, …shape]; with a rank given, [count, 1, …, 1, …shape], so that values of different ranks fit each other as
   * before.
   */
  stacked(value: Value, rank?: number): Value;
  /** With a lane axis if the lanes differ, and without if they do not: for ops that broadcast. Ranks as above. */
  broadcast(value: Value, rank: number): Value;
}

/** The node for all lanes, each of whose outputs has the lane axis in front; undefined: lane by lane. */
export type LaneRule = (node: Node, lanes: Lanes) => Node | undefined;

/** By op; what is not among them is done lane by lane. */
export type LaneRules = Readonly<Partial<Record<string, LaneRule>>>;
