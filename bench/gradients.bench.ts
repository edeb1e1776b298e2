// The cost of a gradient: the Grad-CAM family from input tensor to saliency, against the bare forward pass.
// CPU time of one process, one thread, samples in turn; with the closed form, where the tail has one, and
// without.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createExplainer, gradCam } from '../src/index.js';
import { loadModel } from '../src/node/index.js';
import { openSession } from '../src/runtime/index.js';
import { expectClose } from '../test/close.js';
import { dataFolder, missing } from '../test/data.js';
import { random } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { publishTable } from './publish.js';

const reason = missing(join(dataFolder, 'models'));
const cases = [
  ['mobilenet_v2_1.0_224', undefined],
  ['squeezenet1_1', undefined],
  ['googlenet_bvlc', undefined],
  // An early layer: the backward pass crosses five inception blocks and two poolings.
  ['googlenet_bvlc', 'inception_3b.output'],
] as const;

/** By model and layer: the ratios on each runtime, closed form and backward graph. */
const rows = new Map<string, string[]>();
afterAll(() => {
  const head = ['Grad-CAM against the bare forward pass', 'onnxruntime-node', 'onnxruntime-web'];
  publishTable(
    'gradients',
    head,
    [...rows].map(([name, ratios]) => [name, ...ratios]),
  );
});

test
  .skipIf(reason)
  .each(
    (['node', 'web'] as const).flatMap((runtime) =>
      cases.map(([name, layer]) => [name, layer, runtime] as const),
    ),
  )('%s %s on onnxruntime-%s', async (name, layer, runtime) => {
  const model = await loadModel(join(dataFolder, `models/${name}.onnx`), () => []);
  const image = { data: random(3 * 224 * 224, 1), shape: [3, 224, 224] };
  const bare = await openSession({ bytes: model.bytes }, { runtime, threads: 1 });
  const open = (closedForms: boolean) =>
    createExplainer(model, {
      runtime,
      threads: 1,
      backend: 'wasm',
      methods: [gradCam],
      layers: layer && [layer],
      closedForms,
    });
  const closed = await open(true);
  const graph = await open(false);
  const [a] = await closed.explain([image]);
  const [b] = await graph.explain([image]);
  const { raw } = b.maps['grad-cam'];
  expectClose(a.maps['grad-cam'].raw.data, raw.data, raw.shape, 1e-5);
  expect(b.maps['grad-cam'].gradients).toBe('backward graph');

  const times = await inTurn({
    forward: async () => void (await bare.run({ input: { data: image.data, shape: [1, 3, 224, 224] } })),
    closed: async () => void (await closed.explain([image])),
    graph: async () => void (await graph.explain([image])),
  });
  const ratio = (time: number) => `${(time / times.forward).toFixed(2)} ×`;
  const isClosed = a.maps['grad-cam'].gradients === 'closed form';
  const title = `${name}, ${graph.layers[0].name}: ${isClosed ? 'closed form / ' : ''}backward graph`;
  const ratios = isClosed ? [ratio(times.closed), ratio(times.graph)] : [ratio(times.graph)];
  rows.set(title, [...(rows.get(title) ?? []), ratios.join(' / ')]);
  for (const opened of [bare, closed, graph]) await opened.dispose();
});
