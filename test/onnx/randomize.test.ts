import { expect, test } from 'vitest';
import { random } from '../../src/metrics/random.js';
import { parseModel, redrawLayers, toFloat32, weightLayers } from '../../src/onnx/index.js';
import { float, model, node, weights } from './build.js';
import { errorOf, head, read } from './small.js';

// Beyond the size that is shared by reference.
const big = { dims: [32, 3, 3, 3], values: weights([32, 3, 3, 3], 5).values };
const nodes = [node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }), ...head('c')];
const classifier = () =>
  read(nodes, {
    initializers: {
      w: big,
      b: { dims: [32], values: new Float32Array(32).fill(0.5) },
      fc: weights([32, 5], 2),
    },
  });

const normal = () => random(7).normal;

function mean(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

const deviation = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / values.length);

test('layers with weights come in graph order, each with its initialisers', () => {
  expect(weightLayers(classifier())).toEqual([
    { name: 'c', opType: 'Conv', weights: ['w', 'b'] },
    { name: 'logits', opType: 'Gemm', weights: ['fc'] },
  ]);
});

test('weights that two layers share belong to the first, and shapes, integers and slopes are no weights', () => {
  const shared = read(
    [
      node('Conv', ['x', 'w3'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Conv', ['c', 'w3'], ['d'], { pads: [1, 1, 1, 1] }),
      node('PRelu', ['d', 'slope'], ['p']),
      ...head('p'),
    ],
    { initializers: { w3: weights([3, 3, 3, 3]), slope: weights([3, 1, 1]), fc: weights([3, 5]) } },
  );
  expect(weightLayers(shared).map(({ name }) => name)).toEqual(['c', 'logits']);
});

test('a layer is drawn anew with its own mean and deviation; the others stay, bit by bit', () => {
  const before = classifier();
  const [first] = weightLayers(before);
  const shared = redrawLayers(before, [first], normal);
  const files = new Map(shared.externalData.map(({ path, data }) => [path, data]));
  const after = parseModel(shared.bytes, 'redrawn', files);
  const [was, is] = [before, after].map(({ graph }) => toFloat32(graph.initializers.get('w')!));
  expect(is).not.toEqual(was);
  expect(mean(is)).toBeCloseTo(mean(was), 1); // 864 draws: the mean's own error is 0.02
  expect(deviation(is) / deviation(was)).toBeCloseTo(1, 1);
  // A tensor that does not vary has no deviation to draw with, and stays.
  expect(toFloat32(after.graph.initializers.get('b')!)).toEqual(new Float32Array(32).fill(0.5));
  expect(toFloat32(after.graph.initializers.get('fc')!)).toEqual(
    toFloat32(before.graph.initializers.get('fc')!),
  );
  expect(toFloat32(classifier().graph.initializers.get('w')!)).toEqual(was);
});

test('the same numbers give the same model; with all layers re-drawn nothing points into the file', () => {
  const before = classifier();
  const layers = weightLayers(before);
  const [a, b] = [1, 2].map(() => redrawLayers(before, layers, normal));
  expect(a.bytes).toEqual(b.bytes);
  expect(a.externalData).toEqual([]);
});

test('nothing to re-draw is an error', () => {
  const constants = parseModel(
    model({
      inputs: { x: ['n', 4] },
      nodes: [node('LeakyRelu', ['x'], ['y'], { alpha: float(0.1) })],
      outputs: { y: [] },
    }),
    'm.onnx',
  );
  expect(errorOf(() => redrawLayers(constants, weightLayers(constants), normal))).toEqual([
    'option',
    'm.onnx: layers to re-draw: expected at least one, got none. Its weights may be quantised or made by nodes: export it in float32.',
  ]);
});
