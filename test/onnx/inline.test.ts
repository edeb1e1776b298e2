// Local functions are put in the place of their calls: what ONNX Runtime computes of a file with functions is
// what it computes of the model that was read.
import { describe, expect, test } from 'vitest';
import {
  float,
  gradientObstacles,
  makeGraph,
  type Node,
  parseModel,
  targetLayer,
} from '../../src/onnx/index.js';
import { readModel } from '../../src/onnx/read.js';
import { expectClose } from '../close.js';
import { random } from '../random.js';
import { node } from './build.js';
import { runModel } from './gradients/run.js';
import { call, type FunctionSpec, file, given } from './local.js';

const [FLOAT, INT, INTS] = [1, 2, 7];

const convRelu: FunctionSpec = {
  name: 'ConvRelu',
  attributes: ['by'],
  inputs: ['x', 'k'],
  outputs: ['made'],
  nodes: [
    node('Conv', ['x', 'k'], ['t'], {
      pads: given('pads', 'pads', INTS),
      strides: given('strides', 'by', INTS),
    }),
    node('LeakyRelu', ['t'], ['made'], { alpha: given('alpha', 'slope', FLOAT) }, 'activation'),
  ],
  defaults: { slope: float(0.25), pads: { type: 'ints', value: [1, 1, 1, 1] } },
};

const branch = (nodes: readonly Node[], output: string) =>
  ({ type: 'graph', value: makeGraph('branch', { nodes, outputs: [{ name: output }] }) }) as const;

const cases: Readonly<Record<string, readonly [readonly Node[], readonly FunctionSpec[], number?]>> = {
  'attributes of the call, defaults, and none at all': [
    [
      call('ConvRelu', ['x', 'w'], ['b'], { by: [2, 2], slope: float(0.5) }, 'first'),
      call('ConvRelu', ['b', 'v'], ['a'], { pads: [0, 1, 2, 1] }, 'second'),
    ],
    [convRelu],
  ],
  'functions that call functions, and pass attributes on': [
    [call('Block', ['x', 'w', 'v'], ['a'], { steps: [2, 2] })],
    [
      {
        name: 'Block',
        attributes: ['steps'],
        inputs: ['x', 'first', 'second'],
        outputs: ['y'],
        nodes: [
          call('ConvRelu', ['x', 'first'], ['t'], { by: given('by', 'steps', INTS) }, 'one'),
          call('ConvRelu', ['t', 'second'], ['u'], {}, 'two'),
          node('Add', ['t', 'u'], ['y']),
        ],
      },
      convRelu,
    ],
  ],
  'names of the graph around, which mean something else inside': [
    [
      node('Conv', ['x', 'w'], ['t'], { pads: [1, 1, 1, 1] }),
      call('Odd', ['t'], ['made']),
      node('Add', ['t', 'made'], ['a']),
    ],
    [
      {
        name: 'Odd',
        inputs: ['y'],
        outputs: ['f'],
        nodes: [node('Relu', ['y'], ['x']), node('Neg', ['x'], ['t']), node('Exp', ['t'], ['f'])],
      },
    ],
  ],
  'optional inputs and outputs that are left out': [
    [node('Conv', ['x', 'w'], ['t']), call('Bounded', ['t', 'zero'], ['a', ''])],
    [
      {
        name: 'Bounded',
        inputs: ['x', 'low', 'high'],
        outputs: ['y', 'unused'],
        nodes: [node('Clip', ['x', 'low', 'high'], ['y']), node('Neg', ['y'], ['unused'])],
      },
    ],
  ],
  'a subgraph in a body that reads the body, and calls': [
    [call('Choose', ['x', 'w', 'yes'], ['a'])],
    [
      {
        name: 'Choose',
        inputs: ['x', 'k', 'go'],
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'k'], ['t'], { pads: [1, 1, 1, 1] }),
          node('If', ['go'], ['y'], {
            then_branch: branch([call('Twice', ['t'], ['g'])], 'g'),
            else_branch: branch([node('Neg', ['t'], ['g'])], 'g'),
          }),
        ],
      },
      { name: 'Twice', inputs: ['x'], outputs: ['y'], nodes: [node('Add', ['x', 'x'], ['y'])] },
    ],
  ],
  'a call in a subgraph of the graph': [
    [
      node('Conv', ['x', 'w'], ['t'], { pads: [1, 1, 1, 1] }),
      node('If', ['yes'], ['a'], {
        then_branch: branch([call('Twice', ['t'], ['one'])], 'one'),
        else_branch: branch([node('Neg', ['t'], ['one'])], 'one'),
      }),
    ],
    [{ name: 'Twice', inputs: ['x'], outputs: ['y'], nodes: [node('Add', ['x', 'x'], ['y'])] }],
  ],
  'a number and a list that are constants of the body': [
    [node('Conv', ['x', 'w'], ['t']), call('Scaled', ['t'], ['a'], { by: float(3), axis: 1 })],
    [
      {
        name: 'Scaled',
        attributes: ['by', 'axis'],
        inputs: ['x'],
        outputs: ['y'],
        nodes: [
          node('Constant', [], ['k'], { value_float: given('value_float', 'by', FLOAT) }),
          node('Softmax', ['x'], ['s'], { axis: given('axis', 'axis', INT) }),
          node('Mul', ['s', 'k'], ['y']),
        ],
      },
    ],
  ],
  'several functions of one name': [
    [
      node('Conv', ['x', 'w'], ['t']),
      { ...call('Act', ['t'], ['u']), overload: 'soft' },
      { ...call('Act', ['u'], ['a']), overload: 'hard' },
    ],
    [
      { name: 'Act', overload: 'hard', inputs: ['x'], outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] },
      { name: 'Act', overload: 'soft', inputs: ['x'], outputs: ['y'], nodes: [node('Tanh', ['x'], ['y'])] },
    ],
    10,
  ],
};

describe('the answer is that of the file', () => {
  const x = { shape: [2, 3, 8, 8], data: random(2 * 3 * 8 * 8, 1) };
  test.each(Object.entries(cases))('%s', async (_, [nodes, functions, irVersion]) => {
    const bytes = file(nodes, functions, irVersion);
    expect(readModel(bytes).functions).toHaveLength(functions.length);
    const read = parseModel(bytes, 'm');
    expect(read.functions).toEqual([]);
    const { y: want } = await runModel({ bytes }, { x }, ['y']);
    const { y: got } = await runModel({ bytes: read.bytes }, { x }, ['y']);
    expect(want.data.some((value) => value !== 0)).toBe(true);
    expectClose(got.data as Float32Array, want.data as Float32Array, [2, 5], 1e-6);
    // Whatever is read again is the same.
    expect(parseModel(read.bytes, 'm').graph.nodes).toEqual(read.graph.nodes);
  });

  test('names of the bodies are led by those of their calls', () => {
    const [nodes, functions] = cases['functions that call functions, and pass attributes on'];
    const { graph } = parseModel(file(nodes, functions));
    expect(graph.nodes.slice(0, 5).map(({ name, outputs }) => [name, outputs[0]])).toEqual([
      ['', 'Block/one/t'],
      ['Block/one/activation', 'Block/t'],
      ['', 'Block/two/t'],
      ['Block/two/activation', 'Block/u'],
      ['', 'a'],
    ]);
    expect(graph.nodes[0].attributes.get('strides')).toEqual({ type: 'ints', value: [2, 2] });
    expect(graph.nodes[2].attributes.has('strides')).toBe(false);
  });
});

describe('layers and gradients see through functions', () => {
  test('the default layer is the activation inside', () => {
    const functions: FunctionSpec[] = [
      {
        name: 'Features',
        inputs: ['x', 'k'],
        outputs: ['pooled'],
        nodes: [
          node('Conv', ['x', 'k'], ['c'], { pads: [1, 1, 1, 1] }),
          node('Relu', ['c'], ['r']),
          node('MaxPool', ['r'], ['pooled'], { kernel_shape: [2, 2], strides: [2, 2] }),
        ],
      },
    ];
    const read = parseModel(file([call('Features', ['x', 'w'], ['a'])], functions));
    expect(targetLayer(read).name).toBe('Features/r');
    expect(gradientObstacles(read, ['Features/r', 'Features/c'])).toEqual(
      new Map([
        ['Features/r', undefined],
        ['Features/c', undefined],
      ]),
    );
  });
});
