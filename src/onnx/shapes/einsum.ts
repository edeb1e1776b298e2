/** Einsum's equation, and the shape that it gives. */

import type { Dim } from '../model.js';
import type { ShapeRule } from './rule.js';

export interface Equation {
  /** The index letters of each operand. */
  readonly operands: readonly string[];
  readonly output: string;
}

/**
 * The parts of an equation such as `bij,bjk->bik`; `undefined` where it has an ellipsis. Without an arrow,
 * the output has the indices that occur once, in alphabetical order.
 */
export function parseEquation(equation: string): Equation | undefined {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  const operands = left.split(',');
  if (![...operands, right ?? ''].every((letters) => /^[A-Za-z]*$/.test(letters))) return undefined;
  const counts = new Map<string, number>();
  for (const letter of operands.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const once = [...counts.keys()].filter((letter) => counts.get(letter) === 1).sort();
  return { operands, output: right ?? once.join('') };
}

/**
 * A letter has the length of an axis that it names; a length of 1 may be repeated to fit another operand's.
 */
export const einsum: ShapeRule = (op) => {
  const equation = parseEquation(op.string('equation', ''));
  if (!equation) return [undefined];
  const lengths = new Map<string, Dim>();
  for (const [i, letters] of equation.operands.entries())
    for (const [axis, letter] of [...letters].entries()) {
      const known = lengths.get(letter);
      if (known === undefined || known === 1) lengths.set(letter, op.shape(i)?.[axis]);
    }
  return [[...equation.output].map((letter) => lengths.get(letter))];
};
