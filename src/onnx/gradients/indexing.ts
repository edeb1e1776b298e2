/** Operators that select elements, or pad. */

import { gather, gatherElements, gatherND, scatterElements, scatterND, topK } from './gather.js';
import { pad } from './pad.js';
import type { GradientRules } from './rule.js';
import { slice } from './slice.js';

export const rules: GradientRules = {
  Slice: slice,
  Pad: pad,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  TopK: topK,
};
