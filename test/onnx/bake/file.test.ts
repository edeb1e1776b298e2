/** Requirements of ONNX: unique names, nodes in order, types and shapes that can be inferred. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type BakedModel, type BakeOptions, bake, bakedMethods } from '../../../src/onnx/bake.js';
import { type Graph, inferShapes, type Model, parseModel, subgraphs } from '../../../src/onnx/index.js';
import { families, familyPath } from '../../data.js';
import { node } from '../build.js';
import { birds, noReference } from '../files.js';
import { plainDecoded, plainModel } from '../plain.js';
import { decodeModel } from '../schema.js';
import { conv, errorOf, head, read } from '../small.js';
import { methodNames } from './baked.js';

const agnostic = (method: BakeOptions['method']) => bakedMethods[method].classAgnostic;

/** Every option of `bake` that the model's tail allows, and the errors of the others. */
function everyWay(model: Model): readonly (readonly [BakeOptions, BakedModel])[] {
  return methodNames.flatMap((method) =>
    (['input', 'layer'] as const).flatMap((size) =>
      (['predicted', 'input'] as const).flatMap((target) => {
        if (agnostic(method) && target === 'input') return [];
        const options = { method, size, target };
        try {
          return [[options, bake(model, options)] as const];
        } catch (error) {
          expect(String(error)).toContain('expected global average pooling and at most one linear layer');
          return [];
        }
      }),
    ),
  );
}

/** Names of two tensors, in the graph or a subgraph, and tensors that are read before they are computed. */
function faults(graph: Graph, known: Set<string> = new Set()): readonly string[] {
  const found: string[] = [];
  const make = (name: string) => {
    if (name !== '' && known.has(name)) found.push(`${name} is made twice`);
    known.add(name);
  };
  for (const { name } of graph.inputs) make(name);
  for (const name of graph.initializers.keys()) make(name);
  for (const made of graph.nodes) {
    for (const input of made.inputs)
      if (input !== '' && !known.has(input)) found.push(`${input} is read before it is made`);
    for (const body of subgraphs(made)) found.push(...faults(body, new Set(known)));
    for (const output of made.outputs) make(output);
  }
  for (const { name } of graph.outputs) if (!known.has(name)) found.push(`${name} is not made`);
  return found;
}

function nodesOf(graph: Graph): readonly { name: string; domain: string }[] {
  return graph.nodes.flatMap((made) => [made, ...subgraphs(made).flatMap(nodesOf)]);
}

/** The inferred shape of a tensor, without value information of the file. */
function inferred({ graph, ...model }: Model, name: string) {
  const silent = ({ name: other }: { name: string }) => (other === name ? { name } : undefined);
  return inferShapes({
    ...model,
    graph: {
      ...graph,
      outputs: graph.outputs.map((output) => silent(output) ?? output),
      valueInfo: new Map([...graph.valueInfo].filter(([other]) => other !== name)),
    },
  }).get(name);
}

const files = [
  ...families.map((name) => ({ name, path: familyPath(name, 'model.onnx') })),
  { name: birds.name, path: birds.path },
];

describe(`every way to bake ${noReference ?? ''}`, () => {
  test.each(files)('$name', ({ name, path }) => {
    const before = parseModel(readFileSync(path), name);
    const [input] = before.graph.inputs;
    const [batch, , H, W] = input.shape ?? [];
    const ways = everyWay(before);
    expect(ways.length).toBeGreaterThanOrEqual(26 - 6);
    for (const [{ method, size, target }, baked] of ways) {
      const what = `${method} ${size} ${target}`;
      const after = parseModel(baked.bytes, name);
      expect(faults(after.graph), what).toEqual([]);
      const called = nodesOf(after.graph).map((made) => made.name);
      const own = called.filter((made) => made.startsWith('cam/'));
      expect(new Set(own).size, `${what}: names of nodes`).toBe(own.length);
      expect(own.length).toBeGreaterThan(5);
      for (const made of nodesOf(after.graph)) expect(after.opsets.has(made.domain)).toBe(true);
      expect(plainDecoded(decodeModel(baked.bytes)), what).toEqual(plainModel(after));
      expect([after.opset, baked.opset], what).toEqual([17, 17]);
      expect(after.irVersion).toBe(8);
      expect(after.graph.outputs.map((output) => output.name)).toEqual([
        ...before.graph.outputs.map((output) => output.name),
        'saliency',
      ]);
      const asked = target === 'input' ? [{ name: 'target', dtype: 'int64', shape: [batch] }] : [];
      expect(after.graph.inputs, what).toEqual([input, ...asked]);
      expect(baked.inputs).toEqual(after.graph.inputs);
      const layer = inferShapes(before).get(baked.layer.name) ?? [];
      const shape = size === 'input' ? [batch, H, W] : [batch, layer[2], layer[3]];
      expect(after.graph.outputs.at(-1), what).toEqual({ name: 'saliency', dtype: 'float32', shape });
      expect(inferred(after, 'saliency'), what).toEqual(shape);
    }
  });

  // ONNX's own reference implementation runs no other, and its shape inference takes Unsqueeze of known
  // values for a failure.
  test.each(['eigen-cam', 'mi-cam', 'grad-cam'] as const)(
    '%s: plain forms of Scan, OneHot and Unsqueeze',
    (method) => {
      const { bytes } = bake(parseModel(readFileSync(birds.path)), { method, closedForms: false });
      const model = parseModel(bytes);
      const shapes = inferShapes(model);
      const own = model.graph.nodes.filter(({ name }) => name.startsWith('cam/'));
      const of = (opType: string) => own.filter((made) => made.opType === opType);
      const seen = { 'eigen-cam': 'OneHot', 'mi-cam': 'Scan', 'grad-cam': 'OneHot' }[method];
      expect(of(seen)).toHaveLength(1);
      for (const { inputs } of of('OneHot')) expect(shapes.get(inputs[1])).toEqual([]);
      for (const { attributes } of of('Scan'))
        expect([...attributes.keys()].sort()).toEqual(['body', 'num_scan_inputs']);
      const ranges = new Set(of('Range').flatMap(({ outputs }) => outputs));
      const made = new Map(own.flatMap((one) => one.outputs.map((output) => [output, one] as const)));
      const known = (name: string): boolean =>
        ranges.has(name) || (made.get(name)?.inputs.some(known) ?? false);
      for (const { inputs } of of('Unsqueeze'))
        if (shapes.get(inputs[0])?.length === 1) expect(known(inputs[0])).toBe(false);
    },
  );

  test('a model of a newer opset keeps it, and every byte of its own', () => {
    const model = read([conv, ...head('c')], { opset: 21, irVersion: 10 });
    const { bytes, opset } = bake(model, { method: 'grad-cam' });
    const after = parseModel(bytes);
    expect([opset, after.opset, after.irVersion]).toEqual([21, 21, 10]);
    expect(after.graph.nodes.slice(0, model.graph.nodes.length)).toEqual(model.graph.nodes);
  });

  test('names that the model has already get an underscore', () => {
    const nodes = [
      node('Conv', ['target', 'w'], ['saliency'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['saliency'], ['cam/Relu_0']),
      ...head('cam/Relu_0'),
    ];
    const model = read(nodes, { inputs: { target: ['n', 3, 8, 8] } });
    const baked = bake(model, { method: 'grad-cam', target: 'input' });
    expect([baked.saliency.name, baked.inputs.map(({ name }) => name)]).toEqual([
      '_saliency',
      ['target', '_target'],
    ]);
    expect(faults(parseModel(baked.bytes).graph)).toEqual([]);
  });
});

describe('what cannot be', () => {
  const model = read([conv, ...head('c')]);
  const unknown = { method: 'lime' } as unknown as BakeOptions;

  test.each<readonly [string, BakeOptions, readonly [string, string]]>([
    [
      'method',
      unknown,
      [
        'option',
        'bake: method: expected one of grad-cam, grad-cam++, xgrad-cam, hires-cam, layer-cam, cam, info-cam, ablation-cam, eigen-cam, mi-cam, mean-activation, got "lime".',
      ],
    ],
    [
      'region',
      { method: 'info-cam', region: 1.5 },
      ['option', 'bake: region: expected a whole number of at least 1, got 1.5.'],
    ],
    [
      'target',
      { method: 'eigen-cam', target: 'input' },
      [
        'option',
        'bake: target: expected "predicted" (eigen-cam does not depend on the class), got "input". Leave it out.',
      ],
    ],
    [
      'normalize',
      { method: 'grad-cam', normalize: true },
      [
        'option',
        'bake: normalize: expected preprocessing (mean and std, which become part of the model), got none.',
      ],
    ],
    [
      'mean',
      { method: 'grad-cam', normalize: true, preprocessing: { mean: [0], std: [1], channels: 'GRAY' } },
      [
        'option',
        "preprocessing: expected 3 values of mean and std (the channels of the model's input), got 1 and 1.",
      ],
    ],
  ])('%s', (_, options, want) => {
    expect(errorOf(() => bake(model, options))).toEqual(want);
  });

  test('a layer that no gradient reaches', () => {
    const stopped = read([conv, node('Sign', ['c'], ['s']), node('Relu', ['s'], ['r']), ...head('r')]);
    expect(errorOf(() => bake(stopped, { method: 'grad-cam', layer: 'c' }))[0]).toBe('gradients');
    expect(errorOf(() => bake(stopped, { method: 'grad-cam', layer: 'z' }))[0]).toBe('layer');
  });

  test('8-bit input normalises inside already', () => {
    const nodes = [
      node('Cast', ['x'], ['real'], { to: 1 }),
      node('Conv', ['real', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
    ];
    const inside = read([...nodes, ...head('c')], {
      inputs: { x: { dtype: 'uint8', shape: ['n', 3, 8, 8] } },
    });
    const preprocessing = { mean: [0, 0, 0], std: [1, 1, 1], channels: 'RGB' } as const;
    expect(errorOf(() => bake(inside, { method: 'grad-cam', normalize: true, preprocessing }))).toEqual([
      'option',
      'normalize: expected a model that is fed normalised values, got "x" of type uint8, which normalises inside. Bake it without.',
    ]);
  });
});
