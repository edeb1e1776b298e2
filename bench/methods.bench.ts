// Every method on one photograph, from input tensor to saliency, against the bare forward pass.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { preprocess } from '../src/image/index.js';
import { createExplainer, methods } from '../src/index.js';
import { decodeFile, loadModel } from '../src/node/index.js';
import { openSession } from '../src/runtime/index.js';
import { dataFolder, missing } from '../test/data.js';
import { inTurn } from './in-turn.js';
import { preprocessing } from './mobilenet.js';
import { publishFigure, publishTable } from './publish.js';

const reason = missing(join(dataFolder, 'models'));
/** Methods with hundreds of forward passes are timed in few rounds. */
const SLOW = ['score-cam', 'smooth-grad-cam++', 'integrated-grad-cam', 'recipro-cam'];

test.skipIf(reason)(`all methods on MobileNetV2, one photograph ${reason ?? ''}`, async () => {
  const model = await loadModel(join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx'), () => []);
  const photograph = await decodeFile(join(dataFolder, 'images/cc_by/parrot.jpg'));
  const image = { data: preprocess(photograph, preprocessing).tensor, shape: [3, 224, 224] };
  const runtime = { runtime: 'node', threads: 1 } as const;
  const bare = await openSession({ bytes: model.bytes }, runtime);
  const feeds = { input: { data: image.data, shape: [1, 3, 224, 224] } };
  const rows: string[][] = [];
  for (const [name, make] of Object.entries(methods)) {
    if (name.startsWith('calm')) continue; // needs a model of a special kind
    const explainer = await createExplainer(model, {
      ...runtime,
      backend: 'wasm',
      methods: [make()],
      preprocessing,
    });
    const [{ maps, target }] = await explainer.explain([image]);
    expect([target.index, Math.max(...maps[name].saliency)]).toEqual([88, 1]); // a macaw, and a map
    const calls = {
      forward: async () => void (await bare.run(feeds)),
      whole: async () => void (await explainer.explain([image])),
    };
    const { forward, whole } = await inTurn(calls, SLOW.includes(name) ? 1 : 21);
    const ratio = `${(whole / forward).toFixed(2)} ×`;
    rows.push([`\`${name}\``, whole.toFixed(1), ratio]);
    if (name === 'grad-cam') publishFigure('grad-cam', ratio);
    await explainer.dispose();
  }
  await bare.dispose();
  publishTable('methods', ['method', 'CPU ms', 'bare forward pass'], rows);
});
