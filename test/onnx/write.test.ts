import { describe, expect, test } from 'vitest';
import {
  type Attribute,
  constantTensor,
  extendModel,
  float,
  floats,
  makeGraph,
  makeNode,
  parseModel,
  writeModel,
} from '../../src/onnx/index.js';
import { model, node, weights } from './build.js';
import { all, bytesOfFile } from './files.js';
import { plainDecoded, plainModel } from './plain.js';
import { decodeModel } from './schema.js';

describe('a model that is read, written and read again is the same, for us and for protobufjs', () => {
  test.each(all)('$name', (file) => {
    const before = parseModel(bytesOfFile(file), file.name);
    const written = writeModel(before);
    expect(plainModel(parseModel(written, file.name))).toEqual(plainModel(before));
    expect(plainDecoded(decodeModel(written))).toEqual(plainModel(before));
  });

  test.each(all)('$name, extended by nothing', (file) => {
    const before = parseModel(bytesOfFile(file), file.name);
    const extended = extendModel(before, {});
    expect(extended.length).toBe(before.bytes.length);
    expect(plainDecoded(decodeModel(extended))).toEqual(plainModel(before));
  });
});

test('every kind of attribute', () => {
  const tensor = constantTensor('t', [2], Float32Array.of(1, 2));
  const graph = makeGraph('g', { nodes: [makeNode('Relu', ['a'], ['b'])], outputs: [{ name: 'b' }] });
  const attributes: Record<string, Attribute> = {
    float: float(0.1),
    int: { type: 'int', value: -3 },
    string: { type: 'string', value: 'äß' },
    tensor: { type: 'tensor', value: tensor },
    graph: { type: 'graph', value: graph },
    floats: floats([0.5, -1]),
    ints: { type: 'ints', value: [1, -1, 2 ** 40] },
    strings: { type: 'strings', value: ['a', 'b'] },
    tensors: { type: 'tensors', value: [tensor] },
    graphs: { type: 'graphs', value: [graph, graph] },
  };
  const bytes = model({
    inputs: { x: [] },
    nodes: [node('Custom', ['x', ''], ['', 'y'], attributes, 'n')],
    outputs: { y: {} },
  });
  const [read] = parseModel(bytes).graph.nodes;
  expect(read?.inputs).toEqual(['x', '']);
  expect(read?.outputs).toEqual(['', 'y']);
  expect(read?.attributes.get('float')).toEqual({ type: 'float', value: Math.fround(0.1) });
  for (const name of ['int', 'string', 'floats', 'ints', 'strings'])
    expect(read?.attributes.get(name)).toEqual(attributes[name]);
  const values = read?.attributes.get('tensor');
  expect(values?.type === 'tensor' && values.value.data()).toEqual(Float32Array.of(1, 2));
  expect(read?.attributes.get('graph')).toEqual({ type: 'graph', value: graph });
  expect(read?.attributes.get('graphs')).toEqual({ type: 'graphs', value: [graph, graph] });
});

// 2^63 - 1 means "to the end" in Slice; as a number it reads as 2^63, which int64 does not have.
test('the ends of int64 saturate', () => {
  const bytes = model({
    inputs: { x: [1] },
    nodes: [node('Slice', ['x'], ['y'], { ends: [2 ** 63, -(2 ** 63)], starts: [-1, 0] })],
    outputs: { y: {} },
  });
  const graph = JSON.stringify(decodeModel(bytes));
  expect(graph).toContain('["9223372036854775807","-9223372036854775808"]');
  expect(graph).toContain('["-1","0"]');
});

test('a byte string that is no text survives', () => {
  const raw = Uint8Array.of(10, 1, 0x73, 34, 2, 0xff, 0xfe, 0xa0, 1, 3); // name "s", s = ff fe, type STRING
  const bytes = model({
    inputs: { x: [1] },
    nodes: [node('Custom', ['x'], ['y'], { s: { type: 'opaque', value: raw } })],
    outputs: { y: {} },
  });
  const read = parseModel(bytes).graph.nodes[0]?.attributes.get('s');
  expect(read).toEqual({ type: 'opaque', value: raw });
});

test('before IR 4 initialisers are listed as inputs, and are none to the caller', () => {
  const bytes = model({
    irVersion: 3,
    inputs: { x: [1, 4] },
    nodes: [node('Gemm', ['x', 'w'], ['y'])],
    initializers: { w: weights([4, 2]) },
    outputs: { y: [1, 2] },
  });
  expect(JSON.stringify(decodeModel(bytes)).match(/"input":\[\{"name":"x".*?"name":"w"/)).not.toBeNull();
  expect(parseModel(bytes).graph.inputs.map(({ name }) => name)).toEqual(['x']);
});

test('makeNode refuses a bare fraction', () => {
  expect(() => makeNode('LeakyRelu', ['x'], ['y'], { alpha: 0.1 })).toThrow(
    'LeakyRelu: alpha: expected an integer, got 0.1. Wrap floats in float() or floats().',
  );
});

test('functions and metadata are kept', () => {
  const { graph } = parseModel(
    model({ inputs: { x: [1] }, nodes: [node('Relu', ['x'], ['y'])], outputs: { y: [1] } }),
  );
  const proto = Uint8Array.of(10, 1, 0x66, 0x52, 1, 0x64); // name "f", domain "d"
  const bytes = writeModel({
    irVersion: 8,
    opsets: new Map([
      ['', 17],
      ['d', 1],
    ]),
    graph,
    metadata: new Map([['author', 'nobody']]),
    functions: [{ proto }],
  });
  const read = parseModel(bytes);
  const nothing = { inputs: [], outputs: [], nodes: [], defaults: new Map(), opsets: new Map() };
  expect(read.functions).toEqual([{ name: 'f', domain: 'd', proto, ...nothing }]);
  expect(read.metadata).toEqual(new Map([['author', 'nobody']]));
  expect(read.opsets.get('d')).toBe(1);
});
