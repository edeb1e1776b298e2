import { describe, expect, test } from 'vitest';
import { extendLifted, LIFTED_OPSET } from '../../src/onnx/lift.js';
import { parseModel } from '../../src/onnx/read.js';
import { constantTensor } from '../../src/onnx/values.js';
import { makeGraph } from '../../src/onnx/write.js';
import { isDeviceTensor, openSession } from '../../src/runtime/index.js';
import type { Feed } from '../../src/runtime/types.js';
import { random } from '../random.js';
import { float, floats, integers, type ModelSpec, model, node, weights } from './build.js';
import { errorOf } from './small.js';

type Case = Pick<ModelSpec, 'nodes' | 'initializers'> & {
  readonly what: string;
  readonly opset: number;
  /** Of `x`. @default [2, 3, 4] */
  readonly shape?: readonly number[];
};

const values = (...numbers: number[]) => ({ dims: [numbers.length], values: Float32Array.from(numbers) });

/** Every operator that changed between opset 7 and 17, in the oldest form that ONNX Runtime still runs. */
const cases: readonly Case[] = [
  {
    what: 'BatchNormalization with the outputs of training',
    opset: 7,
    shape: [2, 3, 2, 2],
    nodes: [
      node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y'], { epsilon: float(0.1), spatial: 1 }),
    ],
    initializers: { s: weights([3], 2), b: weights([3], 3), m: weights([3], 4), v: values(0.5, 1, 2) },
  },
  {
    what: 'Clip with both bounds',
    opset: 7,
    nodes: [node('Clip', ['x'], ['y'], { min: float(-0.3), max: float(0.5) })],
  },
  { what: 'Clip with one bound', opset: 7, nodes: [node('Clip', ['x'], ['y'], { min: float(0.1) })] },
  { what: 'Dropout with a share', opset: 7, nodes: [node('Dropout', ['x'], ['y'], { ratio: float(0.7) })] },
  { what: 'Hardmax over the axes from 1 on', opset: 7, nodes: [node('Hardmax', ['x'], ['y'])] },
  { what: 'Softmax over the axes from 1 on', opset: 7, nodes: [node('Softmax', ['x'], ['y'])] },
  { what: 'Softmax over everything', opset: 11, nodes: [node('Softmax', ['x'], ['y'], { axis: 0 })] },
  {
    what: 'Softmax over the axes from -2 on',
    opset: 12,
    nodes: [node('Softmax', ['x'], ['y'], { axis: -2 })],
  },
  { what: 'Softmax over the last axis', opset: 12, nodes: [node('Softmax', ['x'], ['y'], { axis: 2 })] },
  // As SqueezeNet ends: one position, so that the classes alone are normalised.
  { what: 'Softmax of [2, 5, 1, 1]', opset: 9, shape: [2, 5, 1, 1], nodes: [node('Softmax', ['x'], ['y'])] },
  { what: 'LogSoftmax over the axes from 1 on', opset: 9, nodes: [node('LogSoftmax', ['x'], ['y'])] },
  {
    what: 'Pad with a value',
    opset: 7,
    nodes: [node('Pad', ['x'], ['y'], { pads: [0, 1, 0, 0, 2, 3], value: float(0.25) })],
  },
  {
    what: 'Pad by reflection, cropping elsewhere',
    opset: 9,
    nodes: [node('Pad', ['x'], ['y'], { pads: [0, -1, 2, 0, 0, 1], mode: 'reflect' })],
  },
  {
    what: 'ReduceSum with axes',
    opset: 7,
    nodes: [node('ReduceSum', ['x'], ['y'], { axes: [0, 2], keepdims: 0 })],
  },
  { what: 'ReduceSum of everything', opset: 11, nodes: [node('ReduceSum', ['x'], ['y'])] },
  {
    what: 'ReduceMean, unchanged until 18',
    opset: 11,
    nodes: [node('ReduceMean', ['x'], ['y'], { axes: [-1] })],
  },
  {
    what: 'Resize of opset 10, nearest, growing by a fraction',
    opset: 10,
    shape: [1, 2, 4, 5],
    nodes: [node('Resize', ['x', 'k'], ['y'], { mode: 'nearest' })],
    initializers: { k: values(1, 1, 1.5, 2) },
  },
  {
    what: 'Resize of opset 10, nearest, shrinking',
    opset: 10,
    shape: [1, 2, 7, 5],
    nodes: [node('Resize', ['x', 'k'], ['y'], { mode: 'nearest' })],
    initializers: { k: values(1, 1, 0.4, 0.6) },
  },
  {
    what: 'Resize of opset 10, linear',
    opset: 10,
    shape: [1, 2, 4, 5],
    nodes: [node('Resize', ['x', 'k'], ['y'], { mode: 'linear' })],
    initializers: { k: values(1, 1, 1.5, 2) },
  },
  {
    what: 'Resize of opset 11, with empty roi and scales',
    opset: 11,
    shape: [1, 2, 4, 5],
    nodes: [
      node('Resize', ['x', 'e', 'e', 'to'], ['y'], {
        mode: 'linear',
        coordinate_transformation_mode: 'align_corners',
      }),
    ],
    initializers: { e: values(), to: integers(1, 2, 7, 3) },
  },
  {
    what: 'RoiAlign without half pixels',
    opset: 10,
    shape: [1, 2, 6, 6],
    nodes: [
      node('RoiAlign', ['x', 'r', 'i'], ['y'], { output_height: 2, output_width: 2, sampling_ratio: 2 }),
    ],
    initializers: { r: { dims: [1, 4], values: Float32Array.of(0.5, 1, 4, 5) }, i: integers(0) },
  },
  {
    what: 'Scatter',
    opset: 9,
    nodes: [node('Scatter', ['x', 'i', 'u'], ['y'], { axis: 1 })],
    initializers: { i: { dims: [1, 1, 2], values: BigInt64Array.of(2n, 0n) }, u: weights([1, 1, 2]) },
  },
  {
    what: 'Slice with attributes',
    opset: 7,
    nodes: [node('Slice', ['x'], ['y'], { axes: [2, 1], starts: [-3, 1], ends: [2 ** 31 - 1, 3] })],
  },
  {
    what: 'Slice of the first axes',
    opset: 9,
    nodes: [node('Slice', ['x'], ['y'], { starts: [1, 0], ends: [2, -1] })],
  },
  { what: 'Split in equal parts', opset: 7, nodes: [node('Split', ['x'], ['a', 'y'], { axis: 2 })] },
  {
    what: 'Split in given parts',
    opset: 11,
    nodes: [node('Split', ['x'], ['a', 'y'], { axis: -1, split: [1, 3] })],
  },
  {
    what: 'Squeeze of one axis',
    opset: 7,
    shape: [2, 1, 3, 1],
    nodes: [node('Squeeze', ['x'], ['y'], { axes: [1] })],
  },
  { what: 'Squeeze of all axes', opset: 11, shape: [2, 1, 3, 1], nodes: [node('Squeeze', ['x'], ['y'])] },
  {
    what: 'TopK with k as attribute',
    opset: 7,
    nodes: [node('TopK', ['x'], ['y', 'at'], { k: 2, axis: 2 })],
  },
  {
    what: 'TopK, the smallest',
    opset: 11,
    nodes: [node('TopK', ['x', 'k'], ['y', 'at'], { largest: 0 })],
    initializers: { k: integers(3) },
  },
  { what: 'Unsqueeze', opset: 7, nodes: [node('Unsqueeze', ['x'], ['y'], { axes: [0, 3] })] },
  {
    what: 'Upsample with scales as attribute',
    opset: 7,
    shape: [1, 2, 3, 4],
    nodes: [node('Upsample', ['x'], ['y'], { mode: 'nearest', scales: floats([1, 1, 2, 3]) })],
  },
  {
    what: 'Upsample, linear, scales as input',
    opset: 9,
    shape: [1, 2, 3, 4],
    nodes: [node('Upsample', ['x', 'k'], ['y'], { mode: 'linear' })],
    initializers: { k: values(1, 1, 2, 2) },
  },
];

describe('an operator of an old opset gives the same at opset 17', () => {
  test.for(cases)('$what, opset $opset', async ({ opset, nodes, initializers = {}, shape = [2, 3, 4] }) => {
    const bytes = model({ opset, nodes, initializers, inputs: { x: shape }, outputs: { y: {} } });
    const lifted = extendLifted(parseModel(bytes), {});
    expect(parseModel(lifted).opset).toBe(LIFTED_OPSET);
    const x = {
      shape,
      data: random(
        shape.reduce((a, b) => a * b),
        5,
      ),
    };
    const before = await run(bytes, { x });
    expect(await run(lifted, { x })).toEqual(before);
    expect(Number(before.data.length), 'number of values').toBeGreaterThan(0);
  });

  // Nodes inside a body are of the model's opset too.
  test('inside the branches of an If', async () => {
    const branch = (name: string, low: number) => ({
      type: 'graph' as const,
      value: makeGraph(name, {
        nodes: [
          node('Clip', ['x'], [`${name}/c`], { min: float(low) }),
          node('ReduceSum', [`${name}/c`], [name], { axes: [0] }),
        ],
        outputs: [{ name, dtype: 'float32' as const, shape: [1, 3] }],
      }),
    });
    const bytes = model({
      opset: 9,
      nodes: [
        node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
        node('Greater', ['s', 'zero'], ['positive']),
        node('If', ['positive'], ['y'], { then_branch: branch('t', 0.1), else_branch: branch('e', 0.2) }),
      ],
      initializers: { zero: { dims: [], values: Float32Array.of(0) } },
      inputs: { x: [2, 3] },
      outputs: { y: {} },
    });
    const lifted = extendLifted(parseModel(bytes), {});
    for (const sign of [1, -1]) {
      const x = { shape: [2, 3], data: random(6, 5).map((v) => sign * Math.abs(v)) };
      expect(await run(lifted, { x })).toEqual(await run(bytes, { x }));
    }
  });

  // Bounds and padding that move from an attribute to an input have to be of the tensor's own type.
  test('float16', async () => {
    const bytes = model({
      opset: 9,
      nodes: [
        node('Cast', ['x'], ['h'], { to: 10 }),
        node('Pad', ['h'], ['p'], { pads: [0, 1, 0, 0], value: float(0.75) }),
        node('Clip', ['p'], ['c'], { min: float(-0.25), max: float(0.5) }),
        node('Cast', ['c'], ['y'], { to: 1 }),
      ],
      inputs: { x: [2, 3] },
      outputs: { y: {} },
    });
    const x = { shape: [2, 3], data: random(6, 5) };
    const lifted = extendLifted(parseModel(bytes), {});
    expect((await run(lifted, { x })).data).toEqual(
      Float32Array.from([0.5, ...x.data.slice(0, 3), 0.5, ...x.data.slice(3)], (v) =>
        Math.min(Math.max(v, -0.25), 0.5),
      ).map(half),
    );
  });

  test('a model of opset 17 stays byte for byte', () => {
    const bytes = model({
      opset: 17,
      nodes: [node('Relu', ['x'], ['y'])],
      inputs: { x: [1] },
      outputs: { y: [1] },
    });
    expect(parseModel(extendLifted(parseModel(bytes), {})).graph).toEqual(parseModel(bytes).graph);
  });
});

test('what has no equivalent is refused', () => {
  const lift = (opset: number, ...nodes: Parameters<typeof node>) =>
    errorOf(() =>
      extendLifted(
        parseModel(
          model({
            opset,
            nodes: [node(...nodes)],
            inputs: { x: [1, 1, 4, 4] },
            outputs: { y: {} },
            initializers: { k: values(1, 1, 0.5, 2) },
          }),
          'old.onnx',
        ),
        { initializers: [constantTensor('added', [1], Float32Array.of(1))] },
      ),
    );
  expect(lift(10, 'Resize', ['x', 'k'], ['y'], { mode: 'nearest' })).toEqual([
    'model',
    'old.onnx: operator Resize (node "y"): expected a meaning that opset 17 has too, got scales above and below 1 of opset 10. Export the model at opset 17 or later.',
  ]);
  expect(
    lift(11, 'Resize', ['x', '', 'k'], ['y'], { coordinate_transformation_mode: 'tf_half_pixel_for_nn' }),
  ).toEqual([
    'model',
    'old.onnx: operator Resize (node "y"): expected a meaning that opset 17 has too, got coordinate_transformation_mode tf_half_pixel_for_nn of opset 11. Export the model at opset 17 or later.',
  ]);
  expect(lift(7, 'BatchNormalization', ['x'], ['y'], { spatial: 0 })).toEqual([
    'model',
    'old.onnx: operator BatchNormalization (node "y"): expected a meaning that opset 17 has too, got statistics per position (spatial = 0) of opset 7. Export the model at opset 17 or later.',
  ]);
  expect(lift(8, 'Scan', ['x'], ['y'])[1]).toContain('got a batch axis of opset 8');
});

/** Rounded to half precision: 11 bits of mantissa, all values here being normal. */
function half(value: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
  return Math.round(value / unit) * unit;
}

async function run(bytes: Uint8Array, feeds: Readonly<Record<string, Feed>>): Promise<Feed> {
  const session = await openSession({ bytes }, { runtime: 'node', threads: 1 });
  try {
    const { y } = await session.run(feeds, { outputs: ['y'] });
    if (isDeviceTensor(y)) throw new Error('expected an output on the host');
    return y;
  } finally {
    await session.dispose();
  }
}
