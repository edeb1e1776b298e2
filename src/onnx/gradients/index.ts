/** All gradient rules, by operator. */

import { rules as activation } from './activation.js';
import { rules as convolution } from './convolution.js';
import { rules as elementwise } from './elementwise.js';
import { rules as fused } from './fused.js';
import { rules as gridSample } from './grid-sample.js';
import { rules as indexing } from './indexing.js';
import { rules as integers } from './integers.js';
import { rules as linear } from './linear.js';
import { rules as normalization } from './normalization.js';
import { rules as pooling } from './pooling.js';
import { rules as quantize } from './quantize.js';
import { rules as reduction } from './reduction.js';
import { rules as resize } from './resize.js';
import type { GradientRule, GradientRules } from './rule.js';
import { rules as shape } from './shape.js';
import { rules as softmax } from './softmax.js';
import { rules as stops } from './stops.js';

/** The rules of each family; a family is a file. */
export const families: Readonly<Record<string, GradientRules>> = {
  elementwise,
  activation,
  convolution,
  pooling,
  normalization,
  linear,
  reduction,
  softmax,
  shape,
  indexing,
  resize,
  'grid-sample': gridSample,
  quantize,
  integers,
  fused,
  stops,
};

/** The rule of an operator; those of other domains than ONNX's own are named `'domain:Operator'`. */
export const registry: ReadonlyMap<string, GradientRule> = new Map(
  Object.values(families).flatMap((rules) => Object.entries(rules)),
);
