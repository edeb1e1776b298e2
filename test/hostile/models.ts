/** The models to mutate: small, and together they have everything that a file can hold. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Attribute,
  type ConstantTensor,
  constantTensor,
  float,
  floats,
  int64Vector,
  makeGraph,
  type Node,
  makeNode as node,
  writeModel,
} from '../../src/onnx/index.js';
import { WireWriter } from '../../src/onnx/wire-writer.js';

const SMALL = 'test/cases/small';

function weights(name: string, ...dims: readonly number[]): ConstantTensor {
  const size = dims.reduce((a, b) => a * b, 1);
  return constantTensor(
    name,
    dims,
    Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1) / 2),
  );
}

const head = (map: string): readonly Node[] => [
  node('GlobalAveragePool', [map], ['pooled']),
  node('Flatten', ['pooled'], ['flat']),
  node('Gemm', ['flat', 'fc', 'bias'], ['logits'], { transB: 1 }),
  node('Softmax', ['logits'], ['scores'], { axis: 1 }),
];

const stem = node('Conv', ['x', 'w'], ['a'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, 'stem');

/** A classifier with `between` between its first layer `a` and its last, `map`. */
function classifier(
  between: readonly Node[],
  constants: readonly ConstantTensor[] = [],
  { opset = 17, functions = [] as { name: string; domain: string; proto: Uint8Array }[] } = {},
): Uint8Array {
  return writeModel({
    irVersion: 8,
    opsets: new Map([
      ['', opset],
      ['own', 1],
    ]),
    functions,
    graph: makeGraph('g', {
      nodes: [stem, ...between, ...head('map')],
      initializers: [weights('w', 4, 3, 3, 3), weights('fc', 5, 4), weights('bias', 5), ...constants],
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 3, 12, 12] }],
      outputs: [{ name: 'scores', dtype: 'float32', shape: ['n', 5] }],
    }),
  });
}

const body = (nodes: readonly Node[], output: string, inputs: readonly string[] = []): Attribute => ({
  type: 'graph',
  value: makeGraph('body', {
    nodes,
    inputs: inputs.map((name) => ({ name })),
    outputs: [{ name: output }],
  }),
});

/** FunctionProto of `own.Twice`: relu, then relu. */
function twice(): Uint8Array {
  const w = new WireWriter();
  w.string(1, 'Twice');
  w.string(4, 'in');
  w.string(5, 'out');
  for (const [from, to] of [
    ['in', 'between'],
    ['between', 'out'],
  ]) {
    const relu = new WireWriter();
    relu.string(1, from);
    relu.string(2, to);
    relu.string(4, 'Relu');
    w.message(7, relu);
  }
  const opset = new WireWriter();
  opset.int(2, 17);
  w.message(9, opset);
  w.string(10, 'own');
  return w.finish();
}

const scalar = (name: string, value: number): ConstantTensor =>
  constantTensor(name, [], Float32Array.of(value));

/** By their content. */
const made: Readonly<Record<string, Uint8Array>> = {
  pools: classifier([
    node('MaxPool', ['a'], ['b'], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    node('AveragePool', ['b'], ['c'], { kernel_shape: [2, 2], pads: [0, 0, 1, 1], ceil_mode: 1 }),
    node('LpPool', ['c'], ['map'], { kernel_shape: [2, 2], p: 2 }),
  ]),
  padding: classifier(
    [
      node('Pad', ['a', 'pads'], ['b'], { mode: 'reflect' }),
      node('Slice', ['b', 'starts', 'ends', 'axes', 'steps'], ['c']),
      node('Gather', ['c', 'order'], ['map'], { axis: 2 }),
    ],
    [
      int64Vector('pads', [0, 0, 1, 1, 0, 0, 2, 1]),
      int64Vector('starts', [1, -1]),
      int64Vector('ends', [9, -9]),
      int64Vector('axes', [2, 3]),
      int64Vector('steps', [2, -2]),
      int64Vector('order', [0, 2, 2, 1]),
    ],
  ),
  resizing: classifier(
    [
      node('Resize', ['a', '', 'factors'], ['b'], {
        mode: 'cubic',
        coordinate_transformation_mode: 'align_corners',
      }),
      node('Resize', ['b', '', '', 'sizes'], ['c'], { mode: 'nearest' }),
      node('ConvTranspose', ['c', 'up'], ['map'], { strides: [2, 2], output_padding: [1, 1] }),
    ],
    [
      constantTensor('factors', [4], Float32Array.of(1, 1, 1.5, 0.5)),
      int64Vector('sizes', [1, 4, 7, 5]),
      weights('up', 4, 4, 2, 2),
    ],
  ),
  norms: classifier(
    [
      node('BatchNormalization', ['a', 'one', 'zero', 'zero', 'one'], ['b'], { epsilon: float(1e-5) }),
      node('InstanceNormalization', ['b', 'one', 'zero'], ['c']),
      node('LRN', ['c'], ['d'], { size: 3 }),
      node('LayerNormalization', ['d', 'ones'], ['e'], { axis: -1 }),
      node('HardSigmoid', ['e'], ['gate'], { alpha: float(0.2) }),
      node('Mul', ['e', 'gate'], ['map']),
    ],
    [
      constantTensor('one', [4], new Float32Array(4).fill(1)),
      constantTensor('zero', [4], new Float32Array(4)),
      weights('ones', 12),
    ],
  ),
  shapes: classifier(
    [
      node('Shape', ['a'], ['shape']),
      node('Gather', ['shape', 'first'], ['n'], { axis: 0 }),
      node('Concat', ['n', 'rest'], ['target'], { axis: 0 }),
      node('Reshape', ['a', 'target'], ['b']),
      node('Transpose', ['b'], ['c'], { perm: [0, 2, 1, 3] }),
      node('Split', ['c', 'parts'], ['d', 'e'], { axis: 1 }),
      node('Concat', ['e', 'd'], ['f'], { axis: 1 }),
      node('DepthToSpace', ['f'], ['map'], { blocksize: 1 }),
    ],
    [int64Vector('first', [0]), int64Vector('rest', [6, 4, -1]), int64Vector('parts', [1, 3])],
  ),
  decisions: classifier(
    [
      node('Constant', [], ['known'], {
        value: { type: 'tensor', value: constantTensor('', [], Uint8Array.of(1), 'bool') },
      }),
      node('If', ['known'], ['b'], {
        then_branch: body([node('Relu', ['a'], ['t'])], 't'),
        else_branch: body([node('Neg', ['a'], ['e'])], 'e'),
      }),
      node('ReduceSum', ['x'], ['total'], { keepdims: 0 }),
      node('Greater', ['total', 'limit'], ['asked']),
      node('If', ['asked'], ['map'], {
        then_branch: body(
          [
            node('If', ['known'], ['inner'], {
              then_branch: body([node('Tanh', ['b'], ['u'])], 'u'),
              else_branch: body([node('Abs', ['b'], ['v'])], 'v'),
            }),
          ],
          'inner',
        ),
        else_branch: body([node('Sigmoid', ['b'], ['w2'])], 'w2'),
      }),
    ],
    [scalar('limit', 0)],
  ),
  loops: classifier(
    [
      node('Loop', ['times', ''], ['looped'], {
        body: {
          type: 'graph',
          value: makeGraph('loop', {
            nodes: [node('Identity', ['go'], ['on']), node('Relu', ['a'], ['each'])],
            inputs: [
              { name: 'i', dtype: 'int64', shape: [] },
              { name: 'go', dtype: 'bool', shape: [] },
            ],
            outputs: [{ name: 'on' }, { name: 'each' }],
          }),
        },
      }),
      node('ReduceSum', ['looped', 'axis'], ['map'], { keepdims: 0 }),
    ],
    [constantTensor('times', [], BigInt64Array.of(2n)), int64Vector('axis', [0])],
  ),
  functions: classifier(
    [
      { ...node('Twice', ['a'], ['b']), domain: 'own' },
      { ...node('FusedConv', ['b', 'k'], ['map'], { activation: 'Relu' }), domain: 'com.microsoft' },
    ],
    [weights('k', 4, 4, 1, 1)],
    { functions: [{ name: 'Twice', domain: 'own', proto: twice() }] },
  ),
  quantised: classifier(
    [
      node('QuantizeLinear', ['a', 'scale', 'point'], ['q']),
      node('DequantizeLinear', ['q', 'scale', 'point'], ['map']),
    ],
    [scalar('scale', 0.1), constantTensor('point', [], Uint8Array.of(128), 'uint8')],
    { opset: 13 },
  ),
  old: classifier(
    [
      node('Clip', ['a'], ['b'], { min: float(0), max: float(6) }),
      node('Upsample', ['b'], ['c'], { mode: 'nearest', scales: floats([1, 1, 2, 2]) }),
      node('Pad', ['c'], ['d'], { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'edge' }),
      node('Slice', ['d'], ['e'], { starts: [0], ends: [9], axes: [2] }),
      node('Dropout', ['e'], ['map'], { ratio: float(0.5) }),
    ],
    [],
    { opset: 8 },
  ),
  attention: classifier(
    [
      node('Reshape', ['a', 'tokens'], ['b']),
      node('Einsum', ['b', 'b'], ['c'], { equation: 'nck,ncl->nkl' }),
      node('Softmax', ['c'], ['d'], { axis: -1 }),
      node('MatMul', ['b', 'd'], ['e']),
      node('Reshape', ['e', 'back'], ['map']),
    ],
    [int64Vector('tokens', [0, 4, 144]), int64Vector('back', [0, 4, 12, 12])],
  ),
};

export interface Base {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const read = (folder: string, file: string): Base => ({
  name: file,
  bytes: readFileSync(join(folder, file)),
});

/** Larger files are mostly weights: they cost time and test nothing new. */
const LARGEST = 100_000;

/** @param more Folders of further `.onnx` files; the small ones are used. */
export function bases(more: readonly string[] = []): readonly Base[] {
  const files = [SMALL, ...more].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.onnx'))
      .sort()
      .map((file) => read(folder, file))
      .filter(({ bytes }) => bytes.length <= LARGEST),
  );
  return [...Object.entries(made).map(([name, bytes]) => ({ name, bytes })), ...files];
}
