import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { preprocess } from '../../../src/image/index.js';
import { methods } from '../../../src/index.js';
import { decodeFile } from '../../../src/node/inputs/decode.js';
import { findSettings } from '../../../src/node/model/settings.js';
import { bake } from '../../../src/onnx/bake.js';
import { inferShapes, parseModel } from '../../../src/onnx/index.js';
import type { Preprocessing } from '../../../src/types.js';
import { expectClose } from '../../close.js';
import { dataFolder, missing } from '../../data.js';
import { runModel, toFloats } from '../gradients/run.js';
import { bounds, explained, methodNames, runBaked } from './baked.js';

const pictures = join(dataFolder, 'images/cc_by');

interface Case {
  readonly name: string;
  readonly path: string;
  /** Of pictures; birds have a file that says it. */
  readonly how?: Pick<Preprocessing, 'mean' | 'std'>;
  readonly size: number;
}

const half = [0.5, 0.5, 0.5];
const cases: readonly Case[] = [
  { name: 'birds', path: 'models/birds.onnx', size: 128 },
  {
    name: 'MobileNetV2',
    path: join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx'),
    how: { mean: half, std: half },
    size: 224,
  },
  {
    name: 'SqueezeNet 1.1',
    path: join(dataFolder, 'models/squeezenet1_1.onnx'),
    how: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    size: 224,
  },
];

const preprocessingOf = async ({ path, how, size }: Case): Promise<Preprocessing> => {
  const { preprocessing } = await findSettings(path);
  if (preprocessing) return preprocessing;
  if (!how) throw new Error(`${path}: expected preprocessing`);
  return { size: [size, size], resize: 'exact', interpolation: 'bilinear', channels: 'RGB', ...how };
};

// Two photographs, so that the batch is not one.
const photographs = async () =>
  Promise.all(
    readdirSync(pictures)
      .filter((file) => /\.(jpe?g|png)$/i.test(file))
      .sort()
      .slice(0, 2)
      .map((file) => decodeFile(join(pictures, file))),
  );

describe.each(cases)('$name', (one) => {
  const reason = missing(one.path) ?? missing(pictures);

  test.skipIf(reason).each(['node', 'web'] as const)(
    `every method on onnxruntime-%s: what explain gives, and the scores as they were ${reason ?? ''}`,
    async (runtime) => {
      const bytes = readFileSync(one.path);
      const preprocessing = await preprocessingOf(one);
      const tensors = (await photographs()).map((picture) => preprocess(picture, preprocessing).tensor);
      const images = {
        data: Float32Array.from(tensors.flatMap((tensor) => [...tensor])),
        shape: [tensors.length, 3, one.size, one.size],
      };
      const model = parseModel(bytes, one.name);
      const [input] = model.graph.inputs;
      const bare = await runModel({ bytes }, { [input.name]: images }, ['logits'], runtime);
      const made = methodNames.map((method) => methods[method]());
      const want = await explained(bytes, made, images, { preprocessing });
      for (const method of methodNames) {
        const run = await runBaked(model, { method, preprocessing }, images, runtime);
        expect(run.shape).toEqual([tensors.length, one.size, one.size]);
        const maps = Float32Array.from(want.flatMap(({ maps }) => [...maps[method].saliency]));
        expectClose(run.saliency, maps, run.shape, bounds[method]);
        expectClose(toFloats(run.outputs.logits), toFloats(bare.logits), bare.logits.shape, 1e-6);
      }
    },
    120_000,
  );

  // The input is the very bytes that a canvas holds; the picture's grey is exact.
  test.skipIf(reason)(`fed with pixels: what explain gives for the picture ${reason ?? ''}`, async () => {
    const bytes = readFileSync(one.path);
    const preprocessing = await preprocessingOf(one);
    const [picture] = await photographs();
    const small = preprocess(picture, { ...preprocessing, mean: [0, 0, 0], std: [1, 1, 1], scale: 1 }).tensor;
    const pixels = { data: Uint8Array.from(small), shape: [1, 3, one.size, one.size] };
    const normalised = preprocess(picture, preprocessing).tensor;
    const images = { data: normalised, shape: pixels.shape };
    const names = ['grad-cam', 'mi-cam'] as const;
    const want = await explained(
      bytes,
      names.map((method) => methods[method]()),
      images,
      { preprocessing },
    );
    for (const method of names) {
      const model = parseModel(bytes, one.name);
      const run = await runBaked(model, { method, preprocessing, normalize: true }, pixels);
      const { saliency, shape } = want[0].maps[method];
      expect(run.baked.inputs).toEqual([
        { name: 'pixels', dtype: 'uint8', shape: ['batch', 3, one.size, one.size] },
      ]);
      expectClose(run.saliency, saliency, shape, bounds[method]);
      expectClose(toFloats(run.outputs.logits), want[0].scores, [1, want[0].scores.length], 1e-4);
    }
  });

  test.skipIf(missing(one.path))('the file grows by kilobytes, whatever the model weighs', () => {
    const bytes = readFileSync(one.path);
    const model = parseModel(bytes, one.name);
    const shape = inferShapes(model).get(model.graph.inputs[0].name);
    for (const method of methodNames) {
      const baked = bake(model, { method });
      expect(baked.saliency.shape).toEqual([shape?.[0], one.size, one.size]);
      expect(baked.bytes.length - bytes.length, method).toBeLessThan(20_000);
    }
  });
});
