/**
 * Files that once crashed, hung or exhausted memory. At every entry point, each must give a `CamError` or an
 * answer, within two seconds of processor time and 200 MB above what the process held before.
 */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { constantTensor, makeGraph, makeNode, writeModel } from '../../src/onnx/index.js';
import { type Ended, workers } from './run.js';

const SECONDS = 2;
const MEGABYTES = 200;

const committed = 'test/cases/hostile';
const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-hostile-'));
/** A classifier whose weights come through a chain of Identity nodes. */
function identityChain(length: number): string {
  const chain = Array.from({ length }, (_, i) => makeNode('Identity', [`k${i}`], [`k${i + 1}`]));
  const path = join(folder, 'identity_chain.onnx');
  writeFileSync(
    path,
    around(chain, [constantTensor('k0', [5, 4], new Float32Array(20).fill(0.1))], `k${length}`),
  );
  return path;
}

/** A small classifier with these nodes before its linear layer. The output of the layer is `y`. */
function around(
  nodes: readonly ReturnType<typeof makeNode>[],
  constants: readonly ReturnType<typeof constantTensor>[],
  weight: string,
): Uint8Array {
  return writeModel({
    irVersion: 8,
    opsets: new Map([['', 13]]),
    graph: makeGraph('g', {
      nodes: [
        makeNode('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        makeNode('Relu', ['c'], ['r']),
        makeNode('GlobalAveragePool', ['r'], ['p']),
        makeNode('Flatten', ['p'], ['f']),
        ...nodes,
        makeNode('Gemm', ['f', weight], ['y'], { transB: 1 }),
      ],
      initializers: [constantTensor('w', [4, 3, 3, 3], new Float32Array(108).fill(0.1)), ...constants],
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 3, 8, 8] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 5] }],
    }),
  });
}

const files = [
  ...readdirSync(committed)
    .filter((file) => file.endsWith('.onnx'))
    .map((file) => join(committed, file)),
  identityChain(20_000),
];

/** The messages of each worker, by runtime; `none`: all questions that need no runtime. */
const ended = new Map<string, Ended>();

beforeAll(async () => {
  const pool = await workers();
  try {
    for (const runtime of ['none', 'node', 'web'] as const) {
      const job = { kind: 'files', paths: files, ...(runtime !== 'none' && { runtime }) } as const;
      ended.set(runtime, await pool.run(job));
    }
  } finally {
    pool.dispose();
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const said = (runtime: string, path: string) =>
  ended.get(runtime)?.messages.filter(({ of, outcome, fault }) => of === path && (outcome ?? fault)) ?? [];

describe.each(['none', 'node', 'web'])('runtime %s', (runtime) => {
  test('the process survives to the end', () => {
    expect(ended.get(runtime)?.death).toBeUndefined();
  });

  test.each(files)('%s', (path) => {
    const answers = said(runtime, path);
    expect(answers.length).toBeGreaterThanOrEqual(runtime === 'none' ? 29 : 3);
    expect(answers.flatMap(({ at, fault }) => (fault === undefined ? [] : [`${at}: ${fault}`]))).toEqual([]);
    // The first session of a runtime also loads the runtime. That time does not belong to the file.
    const own = runtime === 'none' || path !== files[0] ? answers : answers.slice(1);
    expect(own.filter(({ seconds = 0 }) => seconds > SECONDS)).toEqual([]);
    expect(own.filter(({ growth = 0 }) => growth > MEGABYTES)).toEqual([]);
  });
});

test.each<readonly [file: string, question: string, outcome: string]>([
  ['averagepool_kernel_1e9', 'gradientObstacles', 'answered'],
  ['averagepool_kernel_1e9', 'explain node mi-cam', 'answered'],
  ['averagepool_kernel_1e9', 'explain web grad-cam', 'gradients'],
  ['conv_dilation_huge', 'explain node grad-cam', 'answered'],
  ['proto_output', 'classifyTail', 'answered'],
  ['proto_layer', 'explain node mi-cam', 'model'],
  ['deep_subgraph_5000', 'parseModel', 'model'],
  ['selfref', 'inferShapes', 'model'],
  ['einsum_bad', 'differentiate', 'gradients'],
  ['seed12042', 'bake grad-cam', 'answered'],
  ['input_dim_30000', 'explain web mi-cam', 'model'],
  ['resize_huge', 'explain node score-cam', 'model'],
  ['pads_huge', 'explain web grad-cam', 'model'],
])('%s, %s: %s', (file, question, outcome) => {
  const [runtime = 'none'] = question.startsWith('explain ') ? question.split(' ').slice(1) : [];
  const answers = said(runtime, join(committed, `${file}.onnx`));
  expect(answers.find(({ at }) => at === question)?.outcome).toBe(outcome);
});
