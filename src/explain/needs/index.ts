/** What methods may ask for, by the name they ask with. */
import type { AnyNeed } from '../../methods/takes.js';
import { activations } from './activations.js';
import { calm } from './calm.js';
import { forwardPasses } from './forward-passes.js';
import { gradients } from './gradients.js';
import { linearTail } from './linear-tail.js';
import type { Need } from './need.js';
import { picture } from './picture.js';
import { tailPasses } from './tail-passes.js';
import { target } from './target.js';

export const needs: Readonly<Record<AnyNeed, Need>> = {
  activations,
  gradients,
  target,
  image: picture,
  classWeights: linearTail,
  classMaps: linearTail,
  tail: tailPasses,
  forward: forwardPasses,
  positionScores: calm,
  attention: calm,
};
