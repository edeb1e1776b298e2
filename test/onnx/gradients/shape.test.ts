import { describe, test } from 'vitest';
import { constantTensor, int64Vector } from '../../../src/onnx/values.js';
import { makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

const factor = (dims: readonly number[]) =>
  constantTensor(
    'factor',
    dims,
    random(
      dims.reduce((x, y) => x * y, 1),
      9,
    ),
  );

describe('Flatten', () => {
  for (const axis of [0, 1, 2, 3, -1])
    test(`axis ${axis}`, () =>
      expectGradients({ nodes: [makeNode('Flatten', ['x'], ['z'], { axis })], inputs: { x: [2, 3, 4] } }));

  test('opset 7', () =>
    expectGradients({ nodes: [makeNode('Flatten', ['x'], ['z'])], inputs: { x: [2, 3, 2] }, opset: 7 }));
});

describe('Reshape', () => {
  // 0 keeps a length, -1 is what is left; with allowzero 0 would be a length, here beside known ones alone.
  for (const [shape, attributes, opset] of [
    [[0, -1], {}, 7],
    [[-1, 0], {}, 13],
    [[6, 4], { allowzero: 1 }, 17],
    [[2, 2, 0, 3], {}, 22],
    [[-1], {}, 17],
  ] as const)
    test(`[${shape}] ${JSON.stringify(attributes)}, opset ${opset}`, () =>
      expectGradients({
        nodes: [makeNode('Reshape', ['x', 'shape'], ['z'], attributes)],
        inputs: { x: shape.length === 4 ? [2, 6, 2] : shape[1] === 0 ? [4, 3, 2] : [2, 3, 4] },
        constants: [int64Vector('shape', shape)],
        opset,
      }));

  // The shape arithmetic that exporters write: x.view(x.size(0), -1).
  test('a shape computed from x', () =>
    expectGradients({
      nodes: [
        makeNode('Shape', ['x'], ['lengths']),
        makeNode('Gather', ['lengths', 'first'], ['batch']),
        makeNode('Concat', ['batch', 'rest'], ['shape'], { axis: 0 }),
        makeNode('Reshape', ['x', 'shape'], ['z']),
      ],
      inputs: { x: [2, 3, 4] },
      constants: [int64Vector('first', [0]), int64Vector('rest', [-1])],
    }));
});

describe('Transpose', () => {
  // [1, 2, 0] is not its own inverse.
  for (const perm of [[1, 2, 0], [2, 0, 1], [0, 2, 1], [0, 1, 2], undefined])
    test(`perm ${perm}`, () =>
      expectGradients({
        nodes: [makeNode('Transpose', ['x'], ['z'], perm && { perm })],
        inputs: { x: [2, 3, 4] },
      }));
});

describe('Squeeze and Unsqueeze', () => {
  for (const axes of [[1], [-1], [1, 3]])
    test(`Squeeze ${axes}`, async () => {
      const inputs = { x: [2, 1, 3, 1] };
      await expectGradients({ nodes: [makeNode('Squeeze', ['x'], ['z'], { axes })], inputs, opset: 11 });
      const constants = [int64Vector('axes', axes)];
      await expectGradients({
        nodes: [makeNode('Squeeze', ['x', 'axes'], ['z'])],
        inputs,
        constants,
        opset: 13,
      });
    });

  // All lengths of 1 go; without known lengths the rank of the output is unknown too.
  test('Squeeze without axes', () =>
    expectGradients({
      nodes: [makeNode('Squeeze', ['x'], ['y']), makeNode('Mul', ['y', 'factor'], ['z'])],
      inputs: { x: [2, 1, 3, 1] },
      constants: [factor([2, 3])],
      wrt: ['x'],
      dynamic: false,
    }));

  for (const axes of [[1], [-1], [0, 3], [3, 0]])
    test(`Unsqueeze ${axes}`, async () => {
      const inputs = { x: [2, 3] };
      await expectGradients({ nodes: [makeNode('Unsqueeze', ['x'], ['z'], { axes })], inputs, opset: 11 });
      const constants = [int64Vector('axes', axes)];
      await expectGradients({
        nodes: [makeNode('Unsqueeze', ['x', 'axes'], ['z'])],
        inputs,
        constants,
        opset: 13,
      });
    });
});

describe('Expand', () => {
  // To more axes, along an inner one, along all; and to a shape that is smaller than x, which leaves x as it
  // is.
  for (const [x, shape] of [
    [
      [3, 1],
      [2, 3, 4],
    ],
    [
      [2, 1, 3],
      [2, 4, 3],
    ],
    [[1], [2, 3]],
    [[], [2, 3]],
    [[2, 3], [3]],
    [
      [2, 3],
      [1, 1],
    ],
  ])
    test(`[${x}] to [${shape}]`, () =>
      expectGradients({
        nodes: [makeNode('Expand', ['x', 'shape'], ['z'])],
        inputs: { x },
        constants: [int64Vector('shape', shape)],
      }));

  // Not even the rank of y is known before the run.
  test('a shape given at run time', () =>
    expectGradients({
      nodes: [
        makeNode('Expand', ['x', 'shape'], ['y']),
        makeNode('Mul', ['y', 'factor'], ['scaled']),
        makeNode('Reshape', ['scaled', 'flat'], ['z']),
      ],
      inputs: { x: [2, 1], shape: { shape: [2], data: BigInt64Array.of(2n, 3n) } },
      constants: [factor([2, 3]), int64Vector('flat', [6])],
      wrt: ['x'],
    }));
});

describe('Tile', () => {
  for (const repeats of [
    [1, 1, 1],
    [2, 1, 1],
    [1, 3, 2],
    [2, 2, 2],
  ])
    test(`repeats [${repeats}]`, () =>
      expectGradients({
        nodes: [makeNode('Tile', ['x', 'repeats'], ['z'])],
        inputs: { x: [2, 1, 3] },
        constants: [int64Vector('repeats', repeats)],
      }));

  test('repeats given at run time, opset 7', () =>
    expectGradients({
      nodes: [makeNode('Tile', ['x', 'repeats'], ['z'])],
      inputs: { x: [2, 3], repeats: { shape: [2], data: BigInt64Array.of(2n, 1n) } },
      wrt: ['x'],
      opset: 7,
    }));
});

describe('Concat', () => {
  // Three parts of different lengths; one that is used twice adds up.
  for (const axis of [1, -2])
    test(`axis ${axis}, a part used twice`, () =>
      expectGradients({
        nodes: [makeNode('Concat', ['x', 'y', 'x', 'v'], ['z'], { axis })],
        inputs: { x: [2, 1, 2], y: [2, 3, 2], v: [2, 2, 2] },
        opset: axis === 1 ? 7 : 17,
      }));

  for (const tensor of ['x', 'y', 'v'])
    test(`one part alone is wanted: ${tensor}`, () =>
      expectGradients({
        nodes: [makeNode('Concat', ['x', 'y', 'v'], ['z'], { axis: 0 })],
        inputs: { x: [1, 2], y: [3, 2], v: [2, 2] },
        wrt: [tensor],
      }));
});

describe('Split', () => {
  const parts = ['p', 'q', 'r'];
  const weighted = [makeNode('Mul', ['p', 'r'], ['z'])];

  // Of three parts the middle one is not used: its cotangent is zeros.
  test('lengths as attribute, opset 11', () =>
    expectGradients({
      nodes: [makeNode('Split', ['x'], parts, { axis: 1, split: [2, 1, 2] }), ...weighted],
      inputs: { x: [2, 5] },
      opset: 11,
    }));

  test('lengths as input, opset 13', () =>
    expectGradients({
      nodes: [makeNode('Split', ['x', 'split'], parts, { axis: -1 }), ...weighted],
      inputs: { x: [2, 5] },
      constants: [int64Vector('split', [2, 1, 2])],
      opset: 13,
    }));

  test('equal parts, opset 7', () =>
    expectGradients({
      nodes: [makeNode('Split', ['x'], parts), ...weighted],
      inputs: { x: [6, 2] },
      opset: 7,
    }));

  // 8 in 3 parts: 3, 3, 2.
  test('num_outputs that does not divide, opset 18', () =>
    expectGradients({
      nodes: [
        makeNode('Split', ['x'], parts, { num_outputs: 3, axis: 1 }),
        makeNode('Mul', ['p', 'q'], ['z']),
      ],
      inputs: { x: [2, 8] },
      opset: 18,
    }));

  for (const part of parts)
    test(`one part alone: ${part}`, () =>
      expectGradients({
        nodes: [makeNode('Split', ['x', 'split'], parts, { axis: 1 }), makeNode('Mul', [part, part], ['z'])],
        inputs: { x: [2, 6] },
        constants: [int64Vector('split', [2, 1, 3])],
      }));

  test('all parts', () =>
    expectGradients({
      nodes: [makeNode('Split', ['x'], ['p', 'q'], { axis: 1 }), makeNode('Mul', ['p', 'q'], ['z'])],
      inputs: { x: [2, 4] },
    }));
});

describe('DepthToSpace and SpaceToDepth', () => {
  // Blocks of 3 and an image that is not square: no two of the six lengths can be exchanged unseen.
  for (const mode of ['DCR', 'CRD'])
    for (const opset of [11, 17, 22])
      test(`DepthToSpace ${mode}, opset ${opset}`, () =>
        expectGradients({
          nodes: [makeNode('DepthToSpace', ['x'], ['z'], { blocksize: 3, mode })],
          inputs: { x: [2, 18, 1, 2] },
          opset,
        }));

  test('DepthToSpace without a mode, opset 7', () =>
    expectGradients({
      nodes: [makeNode('DepthToSpace', ['x'], ['z'], { blocksize: 2 })],
      inputs: { x: [1, 8, 1, 2] },
      opset: 7,
    }));

  test('SpaceToDepth', () =>
    expectGradients({
      nodes: [makeNode('SpaceToDepth', ['x'], ['z'], { blocksize: 2 })],
      inputs: { x: [2, 3, 2, 4] },
    }));
});
