/** The type of a gradient rule. */

import { CamError } from '../../errors.js';
import type { Node } from '../model.js';
import type { Builder } from './builder.js';
import type { Value } from './graph-builder.js';
import { ADVICE } from './unbuildable.js';

/**
 * The vector-Jacobian product of one operator.
 *
 * @param node        The forward node. Attributes are read with `intAttribute` & Co.; tensors are named by
 *   `node.inputs`.
 * @param cotangents  dS/d(output), one per output, float32, of that output's shape; `undefined` where the
 *                    score does not depend on the output. At least one is there.
 * @param b           Makes nodes; see `Builder`.
 * @returns dS/d(input), one per input, float32, of exactly that input's shape; `undefined`, or a shorter
 *          list, where none passes (indices, shapes, conditions, options). Those that nobody needs are
 *          dropped later.
 */
export type GradientRule = (
  node: Node,
  cotangents: readonly (Value | undefined)[],
  b: Builder,
) => readonly (Value | undefined)[];

/** Rules by operator; operators of other domains than ONNX's own as `'domain:Operator'`. */
export type GradientRules = Readonly<Record<string, GradientRule>>;

/**
 * The rule of an operator whose first output alone carries a cotangent (masks, indices and statistics carry
 * none).
 */
export function ofOutput(
  rule: (node: Node, cotangent: Value, b: Builder) => readonly (Value | undefined)[],
): GradientRule {
  return (node, [cotangent], b) => (cotangent ? rule(node, cotangent, b) : []);
}

/**
 * The rule of an operator that is constant almost everywhere, or whose output is no real number: no cotangent
 * passes. Operators that nothing but this can be said of are listed in `stops.ts`.
 */
export const stop: GradientRule = () => [];

/** `Softmax (node "/head/softmax")`, as messages name a node. */
export function nodeText({ opType, domain, name, outputs }: Node): string {
  return `${domain === '' ? '' : `${domain}:`}${opType} (node "${name || outputs[0]}")`;
}

/**
 * For rules that do not cover every use of their operator.
 * @param expected What the rule covers. @param got What this node has.
 */
export function notCovered(node: Node, expected: string, got: string): CamError {
  return new CamError(
    'gradients',
    `gradient of ${nodeText(node)}: expected ${expected}, got ${got}. ${ADVICE}`,
  );
}

/** Thrown where a rule needs an unknown rank; a node before this one may be the cause. */
export class UnknownAxes extends CamError {
  constructor(
    node: Node,
    readonly tensor: string,
    by = '',
  ) {
    super(
      'gradients',
      `gradient of ${nodeText(node)}: expected "${tensor}" with a known number of axes, got an unknown one${by}. ${ADVICE}`,
    );
  }
}
