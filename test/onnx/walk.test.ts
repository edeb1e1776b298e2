import { expect, test } from 'vitest';
import {
  type Attribute,
  ancestors,
  between,
  descendants,
  type Graph,
  indexGraph,
  makeGraph,
  parseModel,
} from '../../src/onnx/index.js';
import { float, floats, model, node, weights } from './build.js';

const graphOf = (spec: Parameters<typeof model>[0]): Graph => parseModel(model(spec)).graph;

/** x → a → b → y, and a → side, with b also reading a through a subgraph. */
const branch = makeGraph('branch', { nodes: [node('Neg', ['a'], ['inner'])], outputs: [{ name: 'inner' }] });
const graph = graphOf({
  inputs: { x: [1], flag: { dtype: 'bool', shape: [] } },
  nodes: [
    node('Relu', ['x'], ['a']),
    node('Abs', ['a'], ['side']),
    node('If', ['flag'], ['b'], {
      then_branch: { type: 'graph', value: branch },
      else_branch: { type: 'graph', value: branch },
    }),
    node('Mul', ['b', 'b'], ['y']),
  ],
  outputs: { y: [1] },
});
const index = indexGraph(graph);
const types = (nodes: readonly { opType: string }[]) => nodes.map(({ opType }) => opType);

test('consumers count subgraphs, and each node once', () => {
  expect(types(index.consumers('a'))).toEqual(['Abs', 'If']);
  expect(types(index.consumers('b'))).toEqual(['Mul']);
  expect(index.consumers('y')).toEqual([]);
  expect(index.consumers('inner')).toEqual([]);
  expect(index.producer('b')?.opType).toBe('If');
  expect(index.producer('x')).toBeUndefined();
});

test('ancestors, descendants and what lies between', () => {
  expect(types(ancestors(index, 'y'))).toEqual(['Relu', 'If', 'Mul']);
  expect(types(descendants(index, 'a'))).toEqual(['Abs', 'If', 'Mul']);
  expect(types(between(index, 'a', 'y'))).toEqual(['If', 'Mul']);
  expect(between(index, 'side', 'y')).toEqual([]);
  expect(between(index, 'y', 'y')).toEqual([]);
});

test('nodes out of order are sorted, nodes in order stay', () => {
  expect(types(index.order)).toEqual(['Relu', 'Abs', 'If', 'Mul']);
  const shuffled = graphOf({
    inputs: { x: [1] },
    nodes: [node('Mul', ['b', 'a'], ['y']), node('Abs', ['a'], ['b']), node('Relu', ['x'], ['a'])],
    outputs: { y: [1] },
  });
  expect(types(indexGraph(shuffled).order)).toEqual(['Relu', 'Abs', 'Mul']);
});

// Recursion would overflow the call stack here.
test('a chain of 50,000 nodes in reverse order', () => {
  const nodes = Array.from({ length: 50_000 }, (_, i) => node('Relu', [`t${i}`], [`t${i + 1}`])).reverse();
  const chain = { ...graph, nodes };
  expect(ancestors(indexGraph(chain), 't50000')).toHaveLength(50_000);
});

test('constants: initialisers, Constant nodes, Identity of either', () => {
  const value = parseModel(
    model({ inputs: {}, nodes: [], initializers: { c: weights([2]) }, outputs: {} }),
  ).graph.initializers.get('c');
  if (!value) throw new Error('the initialiser was not read');
  const constants = indexGraph(
    graphOf({
      inputs: { x: [1] },
      nodes: [
        node('Constant', [], ['k'], { value: { type: 'tensor', value } }),
        node('Identity', ['w'], ['i']),
        node('Identity', ['k'], ['j']),
        node('Identity', ['x'], ['n']),
      ],
      initializers: { w: weights([3]) },
      outputs: { n: [1] },
    }),
  );
  expect(['w', 'k', 'i', 'j', 'n', 'x', ''].map((name) => constants.constant(name)?.dims)).toEqual([
    [3],
    [2],
    [3],
    [2],
    undefined,
    undefined,
    undefined,
  ]);
});

test('Constant nodes that hold numbers', () => {
  const attributes: Record<string, Attribute> = {
    value_float: float(0.5),
    value_floats: floats([1, 2]),
    value_int: { type: 'int', value: -1 },
    value_ints: { type: 'ints', value: [0, 2 ** 63] }, // 2^63 - 1 as read
  };
  const nodes = Object.entries(attributes).map(([name, value]) =>
    node('Constant', [], [name], { [name]: value }),
  );
  const numbers = indexGraph(graphOf({ inputs: {}, nodes, outputs: {} }));
  expect(Object.keys(attributes).map((name) => numbers.constant(name)?.data())).toEqual([
    Float32Array.of(0.5),
    Float32Array.of(1, 2),
    BigInt64Array.of(-1n),
    BigInt64Array.of(0n, 2n ** 63n - 1n),
  ]);
});
