/** Einsum: the cotangent of an operand is an Einsum of the output's cotangent and the other operands. */

import { stringAttribute } from '../attributes.js';
import { MAX_OPERANDS } from '../limits.js';
import type { Node } from '../model.js';
import { type Equation, parseEquation } from '../shapes/einsum.js';
import type { Builder, Value } from './builder.js';
import { notCovered, ofOutput } from './rule.js';

interface Term {
  readonly letters: string;
  readonly value: Value;
}

export const einsum = ofOutput((node, g, b) => {
  const equation = equationOf(node);
  refuseBroadcast(node, equation, b);
  return node.inputs.map((tensor, i) => {
    if (!b.wants(tensor)) return undefined;
    const others = node.inputs.flatMap((other, j): readonly Term[] =>
      j === i ? [] : [{ letters: equation.operands[j], value: b.forward(other) }],
    );
    return pullback(tensor, equation.operands[i], [{ letters: equation.output, value: g }, ...others], b);
  });
});

/** An index that the operand alone has was summed away: along it the cotangent is repeated. */
function pullback(tensor: string, letters: string, terms: readonly Term[], b: Builder): Value {
  const kept = [...letters].filter((letter) => terms.some((term) => term.letters.includes(letter))).join('');
  const product = b.stated(contract(terms, kept, b), shapeOfLetters(tensor, letters, kept, b));
  if (kept === letters) return product;
  const missing = [...letters].flatMap((letter, axis) => (kept.includes(letter) ? [] : [axis]));
  return b.expandLike(b.op('Unsqueeze', [product, b.ints(missing)]), tensor);
}

function shapeOfLetters(tensor: string, letters: string, kept: string, b: Builder) {
  return b.staticShape(tensor)?.filter((_, axis) => kept.includes(letters[axis]));
}

/** A cotangent without indices is a factor; one term with all its indices left is a transposition. */
function contract(terms: readonly Term[], output: string, b: Builder): Value {
  const [{ letters, value }, ...others] = terms;
  if (others.length === 0)
    return b.transpose(
      value,
      [...output].map((letter) => letters.indexOf(letter)),
    );
  if (letters === '') return b.mul(contract(others, output, b), value);
  const equation = `${terms.map((term) => term.letters).join(',')}->${output}`;
  return b.op(
    'Einsum',
    terms.map((term) => term.value),
    { equation },
  );
}

function equationOf(node: Node): Equation {
  const text = stringAttribute(node, 'equation', '');
  const equation = parseEquation(text);
  if (!equation?.operands.every((letters) => new Set(letters).size === letters.length))
    throw notCovered(node, 'an equation of letters, none twice in one operand', shortened(text));
  if (node.inputs.length > MAX_OPERANDS || node.inputs.length !== equation.operands.length)
    throw notCovered(
      node,
      `as many operands as the equation names, ${MAX_OPERANDS} at most`,
      `${node.inputs.length}`,
    );
  return equation;
}

const SHOWN = 60;

function shortened(text: string): string {
  return text.length > SHOWN ? `"${text.slice(0, SHOWN)}…" of ${text.length} characters` : `"${text}"`;
}

/**
 * Runtimes repeat a length of 1 to fit another operand's; ONNX says that the lengths of one letter are equal.
 */
function refuseBroadcast(node: Node, { operands }: Equation, b: Builder): void {
  const lengths = new Map<string, number>();
  for (const [i, letters] of operands.entries())
    for (const [axis, letter] of [...letters].entries()) {
      const length = b.staticShape(node.inputs[i])?.[axis];
      if (typeof length !== 'number') continue;
      const known = lengths.get(letter) ?? length;
      if (known !== length) throw notCovered(node, `one length for "${letter}"`, `${known} and ${length}`);
      lengths.set(letter, length);
    }
}
