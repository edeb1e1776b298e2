// The cost of a gradient on models of full size with random weights, as exporters write them: Grad-CAM at the
// default layer, from input tensor to saliency, against the bare forward pass. CPU time of one process, one
// thread, samples in turn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createExplainer, gradCam } from '../src/index.js';
import { loadModel } from '../src/node/index.js';
import { openSession } from '../src/runtime/index.js';
import { writeFullSizeModels } from '../test/full-size.js';
import { random } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { publishTable } from './publish.js';

const cases = [
  ['vit-ti-torchscript-12', 'ViT-Ti/16, TorchScript, opset 12', 'input'],
  ['vit-ti-torchscript-17', 'ViT-Ti/16, TorchScript, opset 17', 'input'],
  ['vit-ti-dynamo-18', 'ViT-Ti/16, dynamo, opset 18', 'x'],
  ['vit-ti-dynamo-20', 'ViT-Ti/16, dynamo, opset 20', 'x'],
] as const;
const runtimes = ['node', 'web'] as const;

const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
let paths: Readonly<Record<string, string>> = {};
beforeAll(() => {
  paths = writeFullSizeModels(
    folder,
    cases.map(([name]) => name),
  );
}, 300_000);

const rows = new Map<string, string[]>();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const head = ['Grad-CAM against the bare forward pass', ...runtimes.map((name) => `onnxruntime-${name}`)];
  publishTable(
    'full-size',
    head,
    [...rows].map(([title, ratios]) => [title, ...ratios]),
  );
});

test.each(
  cases.flatMap(([name, title, input]) => runtimes.map((runtime) => [title, runtime, name, input] as const)),
)('%s on onnxruntime-%s', async (title, runtime, name, input) => {
  const model = await loadModel(paths[name], () => []);
  const image = { data: random(3 * 224 * 224, 1), shape: [3, 224, 224] };
  const options = { runtime, threads: 1 } as const;
  const bare = await openSession({ bytes: model.bytes }, options);
  const explainer = await createExplainer(model, { ...options, backend: 'wasm', methods: [gradCam] });
  // The right answer first: test/long/full-size.test.ts holds the maps of all forms to be the same.
  const [{ maps }] = await explainer.explain([image]);
  expect(maps['grad-cam'].gradients).toBe('backward graph');
  expect(Math.max(...maps['grad-cam'].saliency)).toBe(1);

  const times = await inTurn(
    {
      forward: async () => void (await bare.run({ [input]: { data: image.data, shape: [1, 3, 224, 224] } })),
      whole: async () => void (await explainer.explain([image])),
    },
    15,
  );
  const ratio = `${(times.whole / times.forward).toFixed(2)} ×`;
  rows.set(title, [...(rows.get(title) ?? []), ratio]);
  await bare.dispose();
  await explainer.dispose();
});
