import type { AnyMethod, Need } from './method.js';
import type { ProbingNeed } from './probing.js';

/** Whatever a method may ask for: inputs of its formula, and passes that it runs itself. */
export type AnyNeed = Need | ProbingNeed;

/** Whether a method asks for it. */
export const takes = ({ needs }: AnyMethod, need: AnyNeed): boolean => needs.some((one) => one === need);
