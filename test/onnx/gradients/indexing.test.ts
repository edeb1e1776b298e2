import { describe, expect, test } from 'vitest';
import { constantTensor, int64Vector } from '../../../src/onnx/values.js';
import { float, makeNode } from '../../../src/onnx/write.js';
import { expectGradients } from './check.js';

const END = 2 ** 31 - 1;

const indices = (dims: readonly number[], values: readonly number[]) =>
  constantTensor('indices', dims, BigInt64Array.from(values, BigInt));

describe('Slice', () => {
  interface Cut {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly axes?: readonly number[];
    readonly steps?: readonly number[];
  }

  /** Of x [2, 5, 7]. */
  const cuts: readonly (readonly [string, Cut])[] = [
    ['an inner part', { starts: [1, 2], ends: [4, 5], axes: [1, 2] }],
    ['from the end', { starts: [-3], ends: [-1], axes: [-1] }],
    ['to the end', { starts: [2], ends: [END], axes: [2] }],
    ['from before the start, to behind the end', { starts: [-100], ends: [100], axes: [1] }],
    ['all but the last', { starts: [0], ends: [-1], axes: [1] }],
    ['everything', { starts: [0, 0], ends: [END, END], axes: [1, 2] }],
    ['the first axes where none are named', { starts: [1, 1], ends: [2, 3] }],
  ];
  const stepped: readonly (readonly [string, Cut])[] = [
    // 7 positions by 3: the last step does not fit; by 2 it just does.
    ['every third', { starts: [0], ends: [END], axes: [2], steps: [3] }],
    ['every second, and a part', { starts: [0, 1], ends: [END, 4], axes: [2, 1], steps: [2, 1] }],
    ['backwards', { starts: [-1], ends: [-END - 1], axes: [1], steps: [-1] }],
    ['backwards by two, from inside', { starts: [5], ends: [0], axes: [2], steps: [-2] }],
    ['backwards, to before the start', { starts: [END], ends: [-100], axes: [2], steps: [-3] }],
    ['strides along two axes', { starts: [1, 0], ends: [END, END], axes: [1, 2], steps: [2, 3] }],
    ['one element', { starts: [3], ends: [4], axes: [2], steps: [5] }],
  ];

  for (const [what, { starts, ends, axes }] of cuts)
    test(`${what}, as attributes, opset 9`, () =>
      expectGradients({
        nodes: [makeNode('Slice', ['x'], ['z'], { starts, ends, ...(axes && { axes }) })],
        inputs: { x: [2, 5, 7] },
        opset: 9,
      }));

  for (const [i, [what, { starts, ends, axes, steps }]] of [...cuts, ...stepped].entries())
    test(`${what}, as inputs`, () =>
      expectGradients({
        nodes: [makeNode('Slice', ['x', 'starts', 'ends', axes ? 'axes' : '', steps ? 'steps' : ''], ['z'])],
        inputs: { x: [2, 5, 7] },
        constants: [
          int64Vector('starts', starts),
          int64Vector('ends', ends),
          ...(axes ? [int64Vector('axes', axes)] : []),
          ...(steps ? [int64Vector('steps', steps)] : []),
        ],
        opset: [10, 11, 13, 17, 22][i % 5],
      }));

  // A start may be counted from the end or from the front: which of them is known only at run time.
  for (const [start, end, step] of [
    [1, 4, 1],
    [-4, -1, 1],
    [-1, -6, -2],
  ])
    test(`starts and ends given at run time: ${start} to ${end} by ${step}`, () =>
      expectGradients({
        nodes: [makeNode('Slice', ['x', 'starts', 'ends', 'axes', 'steps'], ['z'])],
        inputs: {
          x: [2, 5],
          starts: { shape: [1], data: BigInt64Array.of(BigInt(start)) },
          ends: { shape: [1], data: BigInt64Array.of(BigInt(end)) },
        },
        constants: [int64Vector('axes', [1]), int64Vector('steps', [step])],
        wrt: ['x'],
      }));

  test('axes given at run time are refused', () =>
    expect(
      expectGradients({
        nodes: [makeNode('Slice', ['x', 'starts', 'ends', 'axes'], ['z'])],
        inputs: { x: [2, 5], axes: { shape: [1], data: BigInt64Array.of(1n) } },
        constants: [int64Vector('starts', [1]), int64Vector('ends', [2])],
        wrt: ['x'],
      }),
    ).rejects.toThrow(
      'gradient of Slice (node "z"): expected constant axes, got axes computed at run time.',
    ));
});

describe('Pad', () => {
  const modes = ['constant', 'reflect', 'edge'];
  /** Of x [1, 2, 4, 5]: different on all four sides; on inner axes; more than two copies; some cut off. */
  const amounts = [
    [0, 0, 1, 2, 0, 0, 3, 0],
    [0, 1, 0, 0, 0, 1, 0, 0],
    [0, 0, 3, 4, 0, 0, 3, 4],
    [0, 0, -1, 2, 0, 0, 2, -1],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ];
  for (const mode of modes)
    for (const pads of amounts) {
      test(`${mode} [${pads}] as attribute, opset 10`, () =>
        expectGradients({
          nodes: [makeNode('Pad', ['x'], ['z'], { mode, pads, value: float(2) })],
          inputs: { x: [1, 2, 4, 5] },
          opset: 10,
        }));

      test(`${mode} [${pads}] as input`, () =>
        expectGradients({
          nodes: [makeNode('Pad', ['x', 'pads'], ['z'], { mode })],
          inputs: { x: [1, 2, 4, 5] },
          constants: [int64Vector('pads', pads)],
          opset: pads[2] === 1 ? 11 : 17,
        }));
    }

  for (const mode of [...modes, 'wrap'])
    test(`${mode} along chosen axes, opset 19`, () =>
      expectGradients({
        nodes: [makeNode('Pad', ['x', 'pads', '', 'axes'], ['z'], { mode })],
        inputs: { x: [2, 3, 4] },
        constants: [int64Vector('pads', [1, 2, 3, 0]), int64Vector('axes', [-1, 1])],
        opset: 19,
        // Repeating from the other end is no mode of the operators that backward graphs are made of.
        dynamic: mode !== 'wrap',
      }));

  test('the constant is differentiated too', () =>
    expectGradients({
      nodes: [makeNode('Pad', ['x', 'pads', 'fill'], ['z'])],
      inputs: { x: [2, 3], fill: { shape: [], data: Float32Array.of(0.5) } },
      constants: [int64Vector('pads', [1, -1, 0, 2])],
    }));

  test('amounts given at run time are refused', () =>
    expect(
      expectGradients({
        nodes: [makeNode('Pad', ['x', 'pads'], ['z'])],
        inputs: { x: [2, 5], pads: { shape: [4], data: BigInt64Array.of(1n, 0n, 0n, 1n) } },
        wrt: ['x'],
      }),
    ).rejects.toThrow('gradient of Pad (node "z"): expected constant pads, got pads computed at run time.'));
});

describe('Gather', () => {
  const cases = [
    ['one index', [], [2], 1],
    ['one index from the end, first axis', [], [-1], 0],
    ['a permutation', [3], [2, 0, 1], 1],
    ['some, one from the end', [2], [0, -1], 2],
    // Position 1 gets three cotangents, position 3 none.
    ['repeated', [5], [1, 0, 1, -2, 1], -1],
    // Beyond what inverse gathers are made for.
    ['repeated often', [7], [1, 1, 1, 1, 1, 1, 0], 2],
    ['two axes of indices', [2, 3], [0, 2, 1, 1, -1, 0], 1],
    ['none from most', [1], [3], 2],
  ] as const;
  for (const [what, dims, values, axis] of cases) {
    test(`${what}: constant`, () =>
      expectGradients({
        nodes: [makeNode('Gather', ['x', 'indices'], ['z'], { axis })],
        inputs: { x: [2, 3, 4] },
        constants: [indices(dims, values)],
        opset: axis < 0 ? 11 : 7,
      }));

    test(`${what}: given at run time`, () =>
      expectGradients({
        nodes: [makeNode('Gather', ['x', 'indices'], ['z'], { axis })],
        inputs: { x: [2, 3, 4], indices: { shape: dims, data: BigInt64Array.from(values, BigInt) } },
        wrt: ['x'],
      }));
  }

  // More than are folded into the shape arithmetic: a permutation of channels.
  test('300 constant indices as int32', () =>
    expectGradients({
      nodes: [makeNode('Gather', ['x', 'indices'], ['z'], { axis: 1 })],
      inputs: { x: [1, 300] },
      constants: [
        constantTensor(
          'indices',
          [300],
          Int32Array.from({ length: 300 }, (_, i) => (i * 7) % 300),
        ),
      ],
    }));
});

describe('GatherElements, GatherND, ScatterElements, ScatterND', () => {
  test('GatherElements, an element taken twice', () =>
    expectGradients({
      nodes: [makeNode('GatherElements', ['x', 'indices'], ['z'], { axis: 1 })],
      inputs: { x: [2, 3] },
      constants: [indices([2, 2], [0, 0, 2, -2])],
    }));

  test('GatherND, rows and elements', async () => {
    await expectGradients({
      nodes: [makeNode('GatherND', ['x', 'indices'], ['y']), makeNode('Reshape', ['y', 'flat'], ['z'])],
      inputs: { x: [2, 3, 4] },
      constants: [indices([3, 2], [0, 1, 1, 2, 0, 1]), int64Vector('flat', [12])],
    });
    await expectGradients({
      nodes: [makeNode('GatherND', ['x', 'indices'], ['y']), makeNode('Reshape', ['y', 'flat'], ['z'])],
      inputs: { x: [2, 3] },
      constants: [indices([2, 2], [0, 1, -1, 2]), int64Vector('flat', [2])],
    });
  });

  test('GatherND of batches is refused', () =>
    expect(
      expectGradients({
        nodes: [
          makeNode('GatherND', ['x', 'indices'], ['y'], { batch_dims: 1 }),
          makeNode('Reshape', ['y', 'flat'], ['z']),
        ],
        inputs: { x: [2, 3] },
        constants: [indices([2, 1], [0, 2]), int64Vector('flat', [2])],
      }),
    ).rejects.toThrow('gradient of GatherND (node "y"): expected batch_dims 0, got 1.'));

  for (const reduction of ['none', 'add'])
    test(`ScatterElements and ScatterND, reduction ${reduction}`, async () => {
      await expectGradients({
        nodes: [makeNode('ScatterElements', ['x', 'indices', 'y'], ['z'], { axis: 1, reduction })],
        inputs: { x: [2, 4], y: [2, 2] },
        constants: [indices([2, 2], [0, 3, -2, 1])],
      });
      await expectGradients({
        nodes: [makeNode('ScatterND', ['x', 'indices', 'y'], ['z'], { reduction })],
        inputs: { x: [4, 2], y: [2, 2] },
        constants: [indices([2, 1], [3, 0])],
      });
    });

  test('the largest of what is scattered is refused', () =>
    expect(
      expectGradients({
        nodes: [makeNode('ScatterElements', ['x', 'indices', 'y'], ['z'], { reduction: 'max' })],
        inputs: { x: [2, 4], y: [1, 2] },
        constants: [indices([1, 2], [0, 1])],
        opset: 18,
      }),
    ).rejects.toThrow('gradient of ScatterElements (node "z"): expected reduction none or add, got max.'));
});

describe('TopK', () => {
  test.each([
    [3, -1, 11],
    [1, 1, 17],
    [5, 1, 10],
  ])('%i along axis %i, opset %i', (k, axis, opset) =>
    expectGradients({
      nodes: [makeNode('TopK', ['x', 'k'], ['z', 'places'], { axis })],
      inputs: { x: [2, 5, 7] },
      constants: [int64Vector('k', [k])],
      opset,
    }),
  );

  test('k as an attribute, the smallest, a number known only at run time', async () => {
    await expectGradients({
      nodes: [makeNode('TopK', ['x'], ['z', 'places'], { axis: 1, k: 2 })],
      inputs: { x: [2, 5, 7] },
      opset: 9,
    });
    await expectGradients({
      nodes: [
        makeNode('Shape', ['y'], ['k']),
        makeNode('TopK', ['x', 'k'], ['z', 'places'], { axis: 2, largest: 0, sorted: 0 }),
      ],
      inputs: { x: [2, 5, 7], y: { shape: [4], data: new Float32Array(4) } },
      wrt: ['x'],
    });
  });
});
