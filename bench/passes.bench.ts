// Deletion and insertion on MobileNetV2, from orders of pixels to curves. The reference is the passes that
// they cannot avoid: the bare model on as many batches of the same size. CPU time of one process, one thread,
// samples in turn.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSubject } from '../src/evaluate/index.js';
import { passScorer } from '../src/evaluate/passes.js';
import { preprocess } from '../src/image/index.js';
import { meanActivation } from '../src/index.js';
import { deletion, insertion, randomOrder, scorePasses } from '../src/metrics/index.js';
import { decodeFile, loadModel } from '../src/node/index.js';
import { openSession } from '../src/runtime/index.js';
import { dataFolder, missing } from '../test/data.js';
import { inTurn } from './in-turn.js';

const path = join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx');
const photo = join(dataFolder, 'images/cc_by/parrot.jpg');
const BATCH = 16;
const STEPS = 32;
const PASSES = 2 * STEPS; // both curves have `STEPS` + 1 points and share their ends
const shape = [3, 224, 224];
const preprocessing = {
  size: [224, 224],
  resize: 'shortest',
  interpolation: 'bilinear',
  channels: 'RGB',
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
} as const;

test.skipIf(missing(path))(`${PASSES} passes of deletion and insertion on MobileNetV2`, async () => {
  const file = await loadModel(path, () => []);
  const { tensor: data } = preprocess(await decodeFile(photo), preprocessing);
  const options = { runtime: 'node', threads: 1 } as const;
  const bare = await openSession({ bytes: file.bytes }, options);
  const subject = await openSubject(file, {
    ...options,
    backend: 'wasm',
    methods: [meanActivation],
    preprocessing,
  });
  const image = { data, shape };
  const order = randomOrder([224, 224], 1);
  const probes = () => [deletion(image, order, { steps: STEPS }), insertion(image, order, { steps: STEPS })];
  const scoresOf = async (values: Float32Array, count: number) => {
    const rows = await subject.scores(values, [count, ...shape]);
    return rows.map((row) => ({ score: row[1], predicted: row.indexOf(Math.max(...row)) }));
  };
  const ring = new Float32Array(BATCH * data.length).map((_, i) => data[i % data.length]);

  const score = passScorer(subject, BATCH);
  const [kernel, plain] = [await score(probes(), shape, 1), await scorePasses(probes(), scoresOf)];
  expect(kernel).toEqual(plain);
  expect(kernel.size).toBe(PASSES);
  const times = await inTurn(
    {
      bare: async () => {
        for (let from = 0; from < PASSES; from += BATCH)
          await bare.run({ [subject.explainer.input.name]: { data: ring, shape: [BATCH, ...shape] } });
      },
      kernel: async () => void (await score(probes(), shape, 1)),
      plain: async () => void (await scorePasses(probes(), scoresOf)),
    },
    7,
  );
  const rate = (time: number) =>
    `${((1000 * PASSES) / time).toFixed(1)} passes per CPU second (${((100 * times.bare) / time).toFixed(1)} %)`;
  console.log(
    `bare ${rate(times.bare)}, copies by the kernel ${rate(times.kernel)}, by plain arrays ${rate(times.plain)}`,
  );
  expect(times.bare / times.kernel).toBeGreaterThan(0.9);
  await subject.dispose();
  await bare.dispose();
});
