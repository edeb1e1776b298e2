import { describe, expect, test } from 'vitest';
import {
  ablationCam,
  gradCam,
  hiresCam,
  layerCam,
  meanActivation,
  reciproCam,
  scoreCam,
} from '../../src/index.js';
import { expected, explaining } from '../cases/case.js';
import { expectClose } from '../close.js';
import { node } from '../onnx/build.js';
import { rejection } from './classifier.js';
import { joined } from './family-run.js';
import { explain } from './scoring.js';
import { image, linear } from './small-models.js';

describe('several outputs', () => {
  test('the first that can be class scores, with a notice; another one by name', async () => {
    const found = await explain('several-outputs/model.onnx', [gradCam, hiresCam, layerCam]);
    for (const method of ['grad-cam', 'hires-cam', 'layer-cam'] as const)
      expectClose(
        joined(found.map(({ maps }) => maps[method].raw.data)),
        await expected(method),
        [2, 8, 8],
        1e-5,
      );
    const remarks = await explaining('several-outputs/model.onnx', {}, async ({ scores }) => scores.remarks);
    expect(remarks).toEqual([
      'of 2 outputs "age" [N, 5] is explained: the first that can be class scores. The others: "gender" [N, 2]. Choose by "output" (--output NAME).',
    ]);
    const [{ probabilities }] = await explain('several-outputs/model.onnx', [gradCam], { output: 'gender' });
    expect(probabilities).toHaveLength(2);
    expect(await rejection(explain('several-outputs/model.onnx', [gradCam], { output: 'ages' }))).toEqual([
      'option',
      'output "ages": model has no such output. It has "age", "gender".',
    ]);
  });

  test('as many labels as classes decide', async () => {
    const labels = ['female', 'male'];
    const output = await explaining(
      'several-outputs/model.onnx',
      { labels },
      async ({ scores }) => scores.output,
    );
    expect(output).toBe('gender');
  });
});

describe('shapes of scores', () => {
  test.each(['model', 'rank1'])('%s.onnx', async (name) => {
    const asked = [gradCam, hiresCam, layerCam, ablationCam, scoreCam()];
    const found = await explain(`odd-score-shapes/${name}.onnx`, asked);
    for (const method of ['grad-cam', 'hires-cam', 'layer-cam'] as const)
      expectClose(
        joined(found.map(({ maps }) => maps[method].raw.data)),
        await expected(method),
        [2, 8, 8],
        1e-5,
      );
    const one = await explain(`odd-score-shapes/${name}.onnx`, [gradCam], { closedForms: false });
    expectClose(
      joined(one.map(({ maps }) => maps['grad-cam'].raw.data)),
      await expected('grad-cam'),
      [2, 8, 8],
      1e-5,
    );
  });

  const shaped = (shape: readonly number[], dims: readonly (number | string)[]) =>
    linear({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc', 'b'], ['z']),
        node('Reshape', ['z', 'shape'], ['logits']),
      ],
      initializers: { shape: { dims: [shape.length], values: BigInt64Array.from(shape, BigInt) } },
      outputs: { logits: dims },
    });

  test.each<[string, readonly number[], readonly (number | string)[]]>([
    ['[n, 1, C]', [0, 1, -1], ['n', 1, 5]],
    ['[n, C, 1]', [0, -1, 1], ['n', 5, 1]],
    ['[n, 1, 1, C]', [0, 1, 1, 5], ['n', 1, 1, 5]],
    ['[C], one picture at a time', [5], [5]],
    ['[1, 1, C], one picture at a time', [1, 1, 5], [1, 1, 5]],
  ])('%s', async (_, shape, dims) => {
    const asked = [gradCam, ablationCam, scoreCam(), reciproCam];
    const images = [image(1), image(2), image(3)];
    for (const closedForms of [true, false]) {
      const options = { methods: asked, closedForms };
      const [odd, plain] = await Promise.all(
        [shaped(shape, dims), linear()].map((model) =>
          explaining(model, options, (one) => one.explain(images)),
        ),
      );
      odd.forEach(({ maps, target }, n) => {
        expect(target.index).toBe(plain[n].target.index);
        for (const { name } of asked)
          expectClose(maps[name].raw.data, plain[n].maps[name].raw.data, [8, 8], 1e-5);
      });
    }
  });
});

describe('outputs that are not class scores are refused when the model is opened', () => {
  test('segmentation', async () => {
    expect(await rejection(explain('odd-score-shapes/segmentation.onnx', [meanActivation]))).toEqual([
      'target',
      'model: expected an output with class scores [n, C], got "y" [N, 5, 8, 8] (a map with positions: segmentation?). Ask for another target: --target pixels:CLASS (segmentation); in code createExplainer(model, { target }).',
    ]);
  });

  test('a shape that the file leaves open is learnt from the first pass: then all are refused', async () => {
    const open = linear({
      inputs: { x: { dtype: 'float32' } },
      nodes: [node('Conv', ['x', 'w'], ['a']), node('Relu', ['a'], ['logits'])],
      outputs: { logits: {} },
    });
    const failed: number[] = [];
    const run = explaining(open, { methods: [meanActivation], layers: ['a'] }, (one) =>
      one.explain([image(1), image(2)], { batch: 1, onError: (_, at) => failed.push(at) }),
    );
    const [code, message] = await rejection(run);
    expect([code, failed]).toEqual(['target', []]);
    expect(message).toBe(
      'output "logits": expected class scores [1, C], got [1, 6, 6, 6]. Ask for another target, or choose another output by "output" (--output NAME).',
    );
  });
});
