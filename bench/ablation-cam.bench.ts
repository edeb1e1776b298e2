// Ablation-CAM where the tail is not linear, from input tensor to saliency. The reference is the bare passes
// of the tail, on batches of the same size, plus the one forward pass. CPU time of one process, one thread,
// samples in turn.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { passSize } from '../src/explain/pass-size.js';
import { preprocess } from '../src/image/index.js';
import { ablationCam, createExplainer } from '../src/index.js';
import { decodeFile, loadModel } from '../src/node/index.js';
import { cutTail, exposeOutputs, parseModel } from '../src/onnx/index.js';
import { openSession, type RuntimeTensor } from '../src/runtime/index.js';
import { dataFolder, missing } from '../test/data.js';
import { inTurn } from './in-turn.js';

const photo = join(dataFolder, 'images/cc_by/parrot.jpg');
const cases = [
  ['squeezenet1_1.onnx', 'fire9.concat'],
  ['mobilenet_v2_1.0_224.onnx', 'add47'],
] as const;
const preprocessing = {
  size: [224, 224],
  resize: 'shortest',
  interpolation: 'bilinear',
  channels: 'RGB',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

test.skipIf(missing(join(dataFolder, 'models'))).each(cases)(
  'Ablation-CAM on %s at %s',
  async (name, layer) => {
    const file = await loadModel(join(dataFolder, 'models', name), () => []);
    const model = parseModel(file.bytes);
    const { tensor } = preprocess(await decodeFile(photo), preprocessing);
    const image = { data: tensor, shape: [3, 224, 224] };
    const options = { runtime: 'node', threads: 1 } as const;
    const forward = await openSession({ bytes: exposeOutputs(model, [layer]) }, options);
    const x = { input: { data: tensor, shape: [1, 3, 224, 224] } };
    const { [layer]: found } = (await forward.run(x)) as Record<string, RuntimeTensor>;
    const [, k, h, w] = found.shape;
    const own = found.data as Float32Array;
    const live = Array.from({ length: k }, (_, c) => own.subarray(c * h * w, (c + 1) * h * w)).filter(
      (channel) => channel.some((value) => value !== 0),
    ).length;
    const cut = cutTail(model, layer);
    const tail = await openSession(cut, options);
    const size = passSize(cut.largest, 2 * 4 * own.length, 128);
    const ring = new Float32Array(size * own.length).map((_, i) => own[i % own.length]);

    const explainer = await createExplainer(file, {
      ...options,
      backend: 'wasm',
      layers: [layer],
      methods: [ablationCam],
      preprocessing,
    });
    const [{ maps }] = await explainer.explain([image]);
    expect(maps['ablation-cam'].weights?.some((weight) => weight !== 0)).toBe(true);

    const passes = async () => {
      await forward.run(x);
      for (let from = 0; from < live + 1; from += size) {
        const count = Math.min(size, live + 1 - from);
        const data = ring.subarray(0, count * own.length);
        await tail.run({ [layer]: { data, shape: [count, k, h, w] } });
      }
    };
    const whole = async () => void (await explainer.explain([image]));
    const times = await inTurn({ passes, whole }, 7);
    const ratio = times.whole / times.passes;
    console.log(
      `Ablation-CAM on ${name} at ${layer} [${k}, ${h}, ${w}], ${live} live channels, ${size} at a time: ${times.whole.toFixed(0)} ms = ${ratio.toFixed(3)} × bare passes ${times.passes.toFixed(0)} ms (goal 1.3)`,
    );
    for (const session of [forward, tail]) await session.dispose();
    await explainer.dispose();
  },
);
