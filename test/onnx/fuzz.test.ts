import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CamError } from '../../src/errors.js';
import {
  candidateLayers,
  classifierWeights,
  classifyTail,
  exposeOutputs,
  extendModel,
  inferShapes,
  parseModel,
  shareWeights,
  targetLayer,
  writeModel,
} from '../../src/onnx/index.js';
import { float, integers, model, node, weights } from './build.js';

/**
 * Small, yet with every kind of field: subgraph, attributes of several types, folded shapes, a linear tail.
 */
const whole = model({
  inputs: { x: ['n', 3, 8, 8] },
  nodes: [
    node('Conv', ['x', 'w'], ['c'], { strides: [1, 1], pads: [1, 1, 1, 1], kernel_shape: [3, 3] }, 'conv'),
    node('LeakyRelu', ['c'], ['a'], { alpha: float(0.1) }),
    node('MaxPool', ['a'], ['p'], { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
    node('Shape', ['p'], ['s']),
    node('Slice', ['s', 'zero', 'two'], ['head']),
    node('Concat', ['head', 'rest'], ['t'], { axis: 0 }),
    node('Reshape', ['p', 't'], ['r']),
    node('GlobalAveragePool', ['r'], ['g']),
    node('Flatten', ['g'], ['f']),
    node('Gemm', ['f', 'fc', 'b'], ['logits'], { transB: 1, alpha: float(0.5) }),
  ],
  initializers: {
    w: weights([4, 3, 3, 3]),
    zero: integers(0),
    two: integers(2),
    rest: integers(-1, 4),
    fc: weights([5, 4]),
    b: weights([5], 2),
  },
  outputs: { logits: ['n', 5] },
});

/** Every function that takes a model file. */
function digest(bytes: Uint8Array): void {
  const read = parseModel(bytes, 'fuzzed');
  for (const tensor of read.graph.initializers.values()) tolerate(() => tensor.data());
  tolerate(() => inferShapes(read));
  tolerate(() => candidateLayers(read));
  tolerate(() => {
    const tail = classifyTail(read, targetLayer(read).name);
    classifierWeights(read, tail);
  });
  tolerate(() => exposeOutputs(read, ['a']));
  tolerate(() => shareWeights(read, ['a']));
  tolerate(() => extendModel(read, {}));
  tolerate(() => writeModel(read));
}

function tolerate(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof CamError)) throw error;
  }
}

test('the whole model goes through without an error', () => {
  const read = parseModel(whole);
  expect(targetLayer(read).name).toBe('a');
  expect(inferShapes(read).get('logits')).toEqual(['n', 5]);
});

test('every truncation is an error or a model, and never another exception', () => {
  let refused = 0;
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    expect(() => parseModel(cut, 'cut')).toThrow(CamError);
    refused++;
  }
  expect(refused).toBe(whole.length);
});

test('every single byte set to its extremes is an error or a model', () => {
  for (let at = 0; at < whole.length; at++)
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const changed = Uint8Array.from(whole);
      changed[at] = value;
      tolerate(() => digest(changed));
    }
});

test('random edits are an error or a model', () => {
  const edit = fc.record({
    at: fc.nat(whole.length - 1),
    remove: fc.nat(8),
    insert: fc.uint8Array({ maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let bytes = whole;
      for (const { at, remove, insert } of edits)
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);
      tolerate(() => digest(bytes));
    }),
    { numRuns: 1500, seed: 1 },
  );
});

test('random bytes behind a plausible beginning are an error or a model', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      tolerate(() => digest(Uint8Array.from([8, 7, 0x3a, noise.length & 127, ...noise])));
    }),
    { numRuns: 1000, seed: 2 },
  );
});
