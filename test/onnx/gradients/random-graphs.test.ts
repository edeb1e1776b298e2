import fc from 'fast-check';
import { test } from 'vitest';
import type { Node } from '../../../src/onnx/model.js';
import { makeNode } from '../../../src/onnx/write.js';
import { expectGradients } from './check.js';

/** Bounded and smooth, so that finite differences are exact to 1e-9 however the operators are composed. */
const unary = ['Sigmoid', 'Tanh', 'Sin', 'Cos', 'Neg', 'Identity'];
const binary = ['Add', 'Sub', 'Mul'];

/** One step: an operator, and which of the tensors so far it takes (counted modulo their number). */
const step = fc.record({
  op: fc.constantFrom(...unary, ...binary, 'Sum', 'Where'),
  operands: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
});

/** Three ranks that broadcast to one another: every cotangent may have to be summed. */
const inputs = { x: [2, 3, 2], y: [3, 1], s: [] };

/** Tensors are used never, once or often; those that nothing uses are added up at the end. */
function graph(steps: readonly { readonly op: string; readonly operands: readonly number[] }[]): Node[] {
  const tensors = Object.keys(inputs);
  const unused = new Set(tensors);
  const nodes = steps.map(({ op, operands }, i) => {
    const chosen = operands.map((operand) => tensors[operand % tensors.length]);
    const taken = chosen.slice(0, unary.includes(op) ? 1 : binary.includes(op) || op === 'Where' ? 2 : 3);
    const output = `t${i}`;
    for (const name of taken) unused.delete(name);
    tensors.push(output);
    unused.add(output);
    return makeNode(op, op === 'Where' ? ['c', ...taken] : taken, [output]);
  });
  return [...nodes, makeNode('Sum', ['x', ...unused], ['z'])];
}

test('random graphs: both forms, known and unknown lengths, within 2e-5 of the largest', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) =>
      expectGradients({
        nodes: graph(steps),
        inputs: { ...inputs, c: { shape: [2, 1, 2], data: Uint8Array.of(1, 0, 0, 1), dtype: 'bool' } },
        wrt: Object.keys(inputs).filter((name) => graph(steps).some((node) => node.inputs.includes(name))),
      }),
    ),
    { numRuns: 40, seed: 1 },
  ));
