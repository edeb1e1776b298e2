/** Classifiers of 100,000 nodes. */

import {
  type Attribute,
  type ConstantTensor,
  constantTensor,
  makeGraph,
  makeNode,
  type Node,
  writeModel,
} from '../../src/onnx/index.js';

export const NODES = 100_000;

const filled = (name: string, ...dims: readonly number[]): ConstantTensor =>
  constantTensor(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.1));

function classifier(nodes: readonly Node[], map: string, constants: readonly ConstantTensor[] = []) {
  const graph = makeGraph('g', {
    nodes: [
      makeNode('Conv', ['x', 'w'], ['t0'], { pads: [1, 1, 1, 1] }),
      ...nodes,
      makeNode('GlobalAveragePool', [map], ['p']),
      makeNode('Flatten', ['p'], ['f']),
      makeNode('Gemm', ['f', 'fc'], ['y'], { transB: 1 }),
    ],
    initializers: [filled('w', 4, 3, 3, 3), filled('fc', 5, 4), ...constants],
    inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 3, 8, 8] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 5] }],
  });
  return writeModel({ irVersion: 8, opsets: new Map([['', 17]]), graph });
}

/** `count` nodes in a chain. */
const chain = (count: number, one: (from: string, to: string, i: number) => Node) =>
  Array.from({ length: count }, (_, i) => one(`t${i}`, `t${i + 1}`, i));

const branch = (output: string, reads: string): Attribute => ({
  type: 'graph',
  value: makeGraph('b', { nodes: [makeNode('Relu', [reads], [output])], outputs: [{ name: output }] }),
});

const yes = constantTensor('yes', [], Uint8Array.of(1), 'bool');
const asked = [
  makeNode('ReduceSum', ['x'], ['total'], { keepdims: 0 }),
  makeNode('Cast', ['total'], ['asked'], { to: 9 }),
];
/** Each node counts three times: itself and its two bodies. */
const decisions = (condition: string, count: number) =>
  chain(count, (from, to, i) =>
    makeNode('If', [condition], [to], {
      then_branch: branch(`a${i}`, from),
      else_branch: branch(`b${i}`, from),
    }),
  );
const THIRD = Math.floor(NODES / 3);

/** Bytes of the model, and whether gradients reach the first layer. */
export const graphs: Readonly<Record<string, () => readonly [bytes: Uint8Array, reaches: boolean]>> = {
  'a chain of Relu': () => [
    classifier(
      chain(NODES, (from, to) => makeNode('Relu', [from], [to])),
      `t${NODES}`,
    ),
    true,
  ],
  'a chain of Conv': () => [
    classifier(
      chain(NODES, (from, to) => makeNode('Conv', [from, 'k'], [to], { pads: [1, 1, 1, 1] })),
      `t${NODES}`,
      [filled('k', 4, 4, 3, 3)],
    ),
    true,
  ],
  'a chain of MaxPool': () => [
    classifier(
      chain(NODES, (from, to) =>
        makeNode('MaxPool', [from], [to], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      ),
      `t${NODES}`,
    ),
    true,
  ],
  'a chain that no gradient passes': () => [
    classifier(
      chain(NODES, (from, to) => makeNode('Floor', [from], [to])),
      `t${NODES}`,
    ),
    false,
  ],
  'blocks with a skip connection': () => [
    classifier(
      Array.from({ length: NODES / 2 }, (_, i) => [
        makeNode('Relu', [`t${i}`], [`r${i}`]),
        makeNode('Add', [`t${i}`, `r${i}`], [`t${i + 1}`]),
      ]).flat(),
      `t${NODES / 2}`,
    ),
    true,
  ],
  'parallel branches': () => [
    classifier(
      [
        ...Array.from({ length: NODES }, (_, i) => makeNode('Relu', ['t0'], [`r${i}`])),
        makeNode(
          'Sum',
          Array.from({ length: NODES }, (_, i) => `r${i}`),
          ['sum'],
        ),
      ],
      'sum',
    ),
    true,
  ],
  'known decisions': () => [classifier(decisions('yes', THIRD), `t${THIRD}`, [yes]), true],
  'unknown decisions': () => [classifier([...asked, ...decisions('asked', THIRD)], `t${THIRD}`), false],
  'decisions that depend on one another': () => {
    const next = (output: string): Attribute => ({
      type: 'graph',
      value: makeGraph('b', {
        nodes: [makeNode('Identity', ['yes'], [output])],
        outputs: [{ name: output }],
      }),
    });
    const nodes = Array.from({ length: THIRD }, (_, i) =>
      makeNode('If', [i === 0 ? 'yes' : `c${i}`], [`c${i + 1}`], {
        then_branch: next(`a${i}`),
        else_branch: next(`b${i}`),
      }),
    );
    const last = makeNode('If', [`c${THIRD}`], ['z'], {
      then_branch: branch('za', 't0'),
      else_branch: branch('zb', 't0'),
    });
    return [classifier([...nodes, last], 'z', [yes]), true];
  },
  'many constants beside decisions': () => [
    classifier(decisions('yes', 10_000), 't10000', [
      yes,
      ...Array.from({ length: NODES }, (_, i) => filled(`unused${i}`, 1)),
    ]),
    true,
  ],
};
