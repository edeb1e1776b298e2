// MI-CAM as a whole, from input tensor to saliency. The reference is the work that it cannot avoid: the bare
// forward pass and the mutual-information kernel on the same activations. CPU time of one process, one
// thread, samples in turn.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Shape } from '../src/backends/backend.js';
import { openWasm } from '../src/backends/wasm.js';
import { preprocess } from '../src/image/index.js';
import { createExplainer, miCam } from '../src/index.js';
import { opsOn } from '../src/kernels/ops.js';
import { decodeFile, loadModel } from '../src/node/index.js';
import { exposeOutputs, parseModel } from '../src/onnx/index.js';
import { openSession, type RuntimeTensor } from '../src/runtime/index.js';
import { dataFolder, missing } from '../test/data.js';
import { inTurn } from './in-turn.js';
import { preprocessing } from './mobilenet.js';
import { publishTable } from './publish.js';

const path = join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx');
const photo = join(dataFolder, 'images/cc_by/parrot.jpg');
const reason = missing(path);
const LAYER = 'conv51_pw.relu6';

const rows: string[][] = [];
afterAll(() => publishTable('mi-cam', ['MI-CAM on MobileNetV2', 'whole', 'forward pass + kernel'], rows));

test.skipIf(reason).each(['node', 'web'] as const)(
  'MobileNetV2, model on onnxruntime-%s',
  async (runtime) => {
    const model = await loadModel(path, () => []);
    const { tensor, gray } = preprocess(await decodeFile(photo), preprocessing);
    const image = { data: tensor, shape: [3, 224, 224] };
    const feeds = { input: { data: tensor, shape: [1, 3, 224, 224] } };

    const bare = await openSession({ bytes: model.bytes }, { runtime, threads: 1 });
    const tapped = await openSession(
      { bytes: exposeOutputs(parseModel(model.bytes), [LAYER]) },
      { runtime, threads: 1 },
    );
    const { [LAYER]: layer } = (await tapped.run(feeds)) as Record<string, RuntimeTensor>;
    await tapped.dispose();
    const backend = await openWasm();
    const ops = opsOn(backend);
    const activations = backend.upload(
      layer.data as Float32Array,
      layer.shape as Shape & readonly [number, number, number, number],
      'float32',
    );
    const plane = backend.upload(Uint32Array.from(gray), [1, 224, 224], 'uint32');

    const explainer = await createExplainer(model, {
      runtime,
      threads: 1,
      backend: 'wasm',
      methods: [miCam()],
      preprocessing,
    });
    const [{ maps }] = await explainer.explain([image]);
    const kernel = ops.mutualInformation(activations, plane);
    expect(maps['mi-cam'].weights).toEqual(await backend.read(kernel));

    const times = await inTurn({
      forward: async () => void (await bare.run(feeds)),
      kernel: async () => backend.release(ops.mutualInformation(activations, plane)),
      whole: async () => void (await explainer.explain([image])),
    });
    const ratio = times.whole / (times.forward + times.kernel);
    rows.push([bare.runtime, `${times.whole.toFixed(1)} ms`, `${ratio.toFixed(2)} ×`]);
    await explainer.dispose();
    await bare.dispose();
  },
);
