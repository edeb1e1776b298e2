// Outputs that answer other questions than the class, and the layers that they flow through.
import { describe, expect, test } from 'vitest';
import { analyse, type Node, withAnswer } from '../../src/onnx/index.js';
import { integers, type ModelSpec, node, weights } from './build.js';
import { errorOf, read } from './small.js';

/** x [n, 3, 8, 8] → c1 [n, 4, 8, 8] → c2 [n, 4, 4, 4]; c1 and c2 are the scales. */
const backbone = [
  node('Conv', ['x', 'w'], ['c1'], { pads: [1, 1, 1, 1] }),
  node('Relu', ['c1'], ['r1']),
  node('Conv', ['r1', 'k'], ['c2'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
  node('Relu', ['c2'], ['r2']),
];
const given = { k: weights([4, 4, 3, 3]), h: weights([6, 4, 1, 1]), rows: integers(0, 6, -1) };

/** The detections of one scale, `[n, 6, h·w]`, by two branches. */
const headOf = (map: string, out: string) => [
  node('Conv', [map, 'h'], [`${out}a`]),
  node('Conv', [map, 'h'], [`${out}b`]),
  node('Add', [`${out}a`, `${out}b`], [`${out}m`]),
  node('Reshape', [`${out}m`, 'rows'], [out]),
];
const detector = [
  ...backbone,
  ...headOf('r1', 'd1'),
  ...headOf('r2', 'd2'),
  node('Concat', ['d1', 'd2'], ['all'], { axis: 2 }),
];

const network = (nodes: readonly Node[], more: Partial<ModelSpec> = {}) =>
  analyse(read(nodes, { ...more, initializers: { ...given, ...more.initializers } }));
const layersOf = (nodes: readonly Node[], answer: 'box' | 'pixels', more: Partial<ModelSpec> = {}) =>
  analyse(withAnswer(network(nodes, more), { answer })).targetLayers.map(({ name }) => name);

describe('target layers', () => {
  test('of detections: the last map of each scale that they flow through', () => {
    expect(layersOf(detector, 'box', { outputs: { all: {} } })).toEqual(['r1', 'r2']);
  });

  test('of a picture of free size', () => {
    const free = { inputs: { x: ['n', 3, 'h', 'w'] }, outputs: { all: {} } };
    expect(layersOf(detector, 'box', free)).toEqual(['r1', 'r2']);
  });

  test('of segmentation: before the convolution of the logits, whatever resizes them', () => {
    const nodes = [
      ...backbone,
      node('Conv', ['r2', 'h'], ['small']),
      node('Resize', ['small', '', 'scales'], ['logits'], { mode: 'linear' }),
      node('ArgMax', ['logits'], ['classes'], { axis: 1, keepdims: 0 }),
    ];
    const more = {
      initializers: { scales: { dims: [4], values: Float32Array.of(1, 1, 2, 2) } },
      outputs: { classes: { dtype: 'int64' as const } },
    };
    const asked = analyse(withAnswer(network(nodes, more), { answer: 'pixels' }));
    expect(asked.scores.output).toBe('logits');
    expect(asked.targetLayers.map(({ name }) => name)).toEqual(['r2']);
  });

  test('of a way around a map: the last that nothing goes around', () => {
    const nodes = [
      ...backbone.slice(0, 2),
      node('Conv', ['r1', 'k'], ['around'], { pads: [1, 1, 1, 1] }),
      node('Add', ['around', 'r1'], ['sum']),
      node('Conv', ['sum', 'h'], ['logits']),
    ];
    expect(layersOf(nodes, 'pixels', { outputs: { logits: {} } })).toEqual(['sum']);
  });
});

describe('outputs', () => {
  test('after non-maximum suppression are refused with the tensor before it, which can be asked for', () => {
    const nodes = [
      ...detector,
      node('Slice', ['all', 'zero', 'four', 'one'], ['extents']),
      node('Transpose', ['extents'], ['boxes'], { perm: [0, 2, 1] }),
      node('Slice', ['all', 'four', 'six', 'one'], ['scores']),
      node('NonMaxSuppression', ['boxes', 'scores', 'most'], ['kept']),
    ];
    const more = {
      initializers: {
        zero: integers(0),
        one: integers(1),
        four: integers(4),
        six: integers(6),
        most: integers(3),
      },
      outputs: { kept: { dtype: 'int64' as const } },
    };
    const model = network(nodes, more);
    expect(errorOf(() => withAnswer(model, { answer: 'box', output: 'kept' }))[1]).toContain('--output all');
    expect(withAnswer(model, { answer: 'box', output: 'all' }).scoring?.output).toBe('all');
  });

  test('the first that fits is taken, and the others are named', () => {
    const nodes = [
      ...detector,
      node('GlobalAveragePool', ['r2'], ['g']),
      node('Flatten', ['g'], ['features']),
    ];
    const model = network(nodes, { outputs: { features: {}, all: {} } });
    expect(withAnswer(model, { answer: 'box' }).scoring).toMatchObject({
      output: 'all',
      remarks: [expect.stringContaining('the first that fits detections. The others: "features"')],
    });
    expect(withAnswer(model, { answer: 'value' }).scoring?.output).toBe('features');
    expect(errorOf(() => withAnswer(model, { answer: 'pixels' }))[1]).toContain(
      'expected an output for the pixels of a class',
    );
    expect(errorOf(() => withAnswer(model, { answer: 'value', output: 'feature' }))[1]).toContain(
      'has no such output',
    );
  });
});
