// Score-CAM as a whole, from input tensor to saliency. The reference is the passes that it cannot avoid: the
// bare model on batches of the same size, one image per channel that varies. CPU time of one process, one
// thread, samples in turn.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { passSize } from '../src/explain/pass-size.js';
import { preprocess } from '../src/image/index.js';
import { createExplainer, scoreCam } from '../src/index.js';
import { decodeFile, loadModel } from '../src/node/index.js';
import { inferShapes, largestTensor, parseModel } from '../src/onnx/index.js';
import { openSession } from '../src/runtime/index.js';
import { dataFolder, missing } from '../test/data.js';
import { inTurn } from './in-turn.js';

const path = join(dataFolder, 'models/squeezenet1_1.onnx');
const photo = join(dataFolder, 'images/cc_by/parrot.jpg');
const CHANNELS = 64;
const PIXELS = 3 * 224 * 224;
const preprocessing = {
  size: [224, 224],
  resize: 'shortest',
  interpolation: 'bilinear',
  channels: 'RGB',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

test.skipIf(missing(path))(`Score-CAM on SqueezeNet, ${CHANNELS} channels`, async () => {
  const file = await loadModel(path, () => []);
  const { tensor } = preprocess(await decodeFile(photo), preprocessing);
  const image = { data: tensor, shape: [3, 224, 224] };
  const options = { runtime: 'node', threads: 1 } as const;
  const model = parseModel(file.bytes);
  const size = passSize(largestTensor(model.graph.nodes, inferShapes(model)), 2 * 4 * PIXELS, 16);
  const bare = await openSession({ bytes: file.bytes }, options);
  const explainer = await createExplainer(file, {
    ...options,
    backend: 'wasm',
    methods: [scoreCam({ channels: CHANNELS })],
    preprocessing,
  });
  const [{ maps }] = await explainer.explain([image]);
  expect(maps['score-cam'].weights?.filter((weight) => weight > 0).length).toBe(CHANNELS);

  const ring = new Float32Array(size * PIXELS).map((_, i) => tensor[i % PIXELS]);
  const passes = async () => {
    for (let from = 0; from < CHANNELS; from += size) {
      const count = Math.min(size, CHANNELS - from);
      await bare.run({ input: { data: ring.subarray(0, count * PIXELS), shape: [count, 3, 224, 224] } });
    }
    await bare.run({ input: { data: tensor, shape: [1, 3, 224, 224] } });
  };
  const times = await inTurn({ passes, whole: async () => void (await explainer.explain([image])) }, 9);
  const ratio = times.whole / times.passes;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    `Score-CAM on SqueezeNet, ${CHANNELS} of 1000 channels, ${size} at a time: ${times.whole.toFixed(0)} ms = ${ratio.toFixed(3)} × bare passes ${times.passes.toFixed(0)} ms (goal 1.15); process at most ${peak.toFixed(0)} MB`,
  );
  await explainer.dispose();
  await bare.dispose();
});
