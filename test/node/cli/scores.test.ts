import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSubject } from '../../../src/evaluate/index.js';
import { createExplainer } from '../../../src/explainer.js';
import { methods } from '../../../src/methods/index.js';
import { externalLocations } from '../../../src/node/model/external-locations.js';
import { inspectModel } from '../../../src/node/model/inspect-model.js';
import { loadModel } from '../../../src/node/model/load-model.js';
import { casePath } from '../../cases/case.js';
import { byValues } from '../../explain/small-models.js';
import { runProgram } from '../fake.js';
import { explain, folder, out, picture, summary, tensor } from './explain-case.js';

const load = (path: string) => loadModel(path, (bytes) => externalLocations(bytes, path));
const real = {
  methods,
  openExplainer: async (path: string, options: object) => createExplainer(await load(path), options),
};
const x = casePath('small-classifier/x.npy');

const run = (model: string, ...args: string[]) =>
  explain(
    ['--backend', 'wasm', '--workers', '1', '--format', 'npy', '--model', casePath(model), ...args, x],
    real,
  );

/** Lines of the pictures: what was seen, and how probable it is. */
const seen = (text: string): string[] =>
  text.split('\n').flatMap((line) => /\[\d\]: (.*)$/.exec(line)?.[1] ?? []);

describe('explain', () => {
  test('one logit: both classes, the sigmoid is said once', async () => {
    const {
      code,
      out: text,
      err,
    } = await run('binary-single-logit/model.onnx', '--method', 'grad-cam', '--target', '0', '--target', '1');
    expect([code, seen(text)]).toEqual([
      0,
      ['class 0, 79.4 %', 'class 1, 20.6 %', 'class 0, 70.4 %', 'class 1, 29.6 %'],
    ]);
    expect(err).toContain(
      'onnx-cam: scores: "y" is one logit: its probability is the sigmoid. Class 1 is the positive one, class 0 its complement. Of a number (a regression) ask for "value" (--target value).\n',
    );
    expect(summary()).toHaveLength(4);
  });

  test('probabilities are shown as they are, which is said once', async () => {
    const { out: text, err } = await run(
      'probabilities-normalised-twice/model.onnx',
      '--method',
      'score-cam',
    );
    expect(seen(text)).toEqual(['class 1, 97.5 %', 'class 1, 98.4 %']);
    expect(err.match(/holds probabilities already/g)).toHaveLength(1);
  });

  test('what the values alone tell is said once, after the run', async () => {
    const model = join(folder, 'm.onnx');
    writeFileSync(model, byValues);
    const pictures = tensor('three.npy', [3, 3, 8, 8], (i) => Math.sin(i));
    const args = [
      '--backend',
      'wasm',
      '--workers',
      '1',
      '--format',
      'npy',
      '--method',
      'grad-cam',
      '--batch',
      '1',
    ];
    const { code, err } = await explain([...args, '--model', model, pictures], real);
    expect(code).toBe(0);
    expect(err.split('\n').filter((line) => line.includes('scores:'))).toEqual([
      'onnx-cam: scores: the values of "p" are probabilities already (0 to 1, with a sum of 1): they are shown as they are. --activation softmax says otherwise.',
    ]);
  });

  test('--output and --activation', async () => {
    const { out: gender, err } = await run(
      'several-outputs/model.onnx',
      '--output',
      'gender',
      '--method',
      'grad-cam',
    );
    expect(seen(gender)).toEqual(['class 1, 75.5 %', 'class 1, 65.0 %']);
    expect(err).not.toContain('outputs');
    const sigmoid = await run(
      'several-outputs/model.onnx',
      '--output',
      'gender',
      '--activation',
      'sigmoid',
      '--method',
      'grad-cam',
    );
    expect(seen(sigmoid.out)).not.toEqual(seen(gender));
    expect(await run('several-outputs/model.onnx', '--output', 'ages')).toMatchObject({ code: 2 });
    expect((await run('several-outputs/model.onnx', '--activation', 'tanh')).err).toBe(
      'onnx-cam: --activation: expected one of softmax, sigmoid, none, got "tanh".\n',
    );
  });

  test.each([
    ['odd-score-shapes/segmentation.onnx', 'mi-cam'],
    ['qoperator/model.onnx', 'grad-cam'],
  ])('%s: %s is refused once, before any picture', async (model, method) => {
    const { code, out: text, err } = await run(model, '--method', method);
    expect([code, text, err.split('\n').length]).toEqual([2, '', 2]);
  });

  test('a model of integers is explained without gradients', async () => {
    const { code, out: text, err } = await run('qoperator/model.onnx', '--method', 'all');
    expect(seen(text)).toHaveLength(2);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('target layer: "Aq" (DequantizeLinear [N, 8, 8, 8])'),
    ]);
  });
});

test('evaluate sees what one logit changes', async () => {
  await picture('pics/a.png', 32, 32);
  const args = [
    '--data',
    join(folder, 'pics'),
    '--method',
    'grad-cam',
    '--metrics',
    'average-drop,deletion',
    '--steps',
    '4',
    '--out',
    out,
  ];
  const model = casePath('binary-single-logit/model.onnx');
  const { code } = await runProgram(['evaluate', '--backend', 'wasm', '--model', model, ...args], {
    methods,
    openSubject: async (path, options) => openSubject(await load(path), options),
  });
  expect(code).toBe(0);
  const { methods: found } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
  const { value } = Object.values<{ value: number }>(found[0].metrics.deletion.cells)[0];
  expect(value).toBeGreaterThan(0);
  expect(value).toBeLessThan(0.999);
});

describe('inspect', () => {
  test('names the scores and says what they mean', async () => {
    expect(await inspectModel(casePath('several-outputs/model.onnx'))).toMatchObject({
      scores: 'age',
      activation: 'softmax',
      remarks: [expect.stringContaining('of 2 outputs "age" [N, 5] is explained')],
    });
    expect(await inspectModel(casePath('binary-single-logit/model.onnx'))).toMatchObject({
      scores: 'y',
      activation: 'sigmoid',
    });
  });

  test('of a model without class scores names the target that fits it', async () => {
    const facts = await inspectModel(casePath('odd-score-shapes/segmentation.onnx'));
    expect(facts).toMatchObject({
      target: 'pixels:CLASS',
      scores: 'y',
      layer: 'A',
      reason: expect.stringContaining('that all of the answer flows through'),
      remarks: [],
    });
    expect(facts.layers.map(({ name }) => name)).toEqual(['c1', 'r1', 'c2', 'A', 'y']);
  });
});
