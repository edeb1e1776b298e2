// Models of full size with random weights, in the forms that exporters write: inspected by the command, and
// explained. The forms of one architecture have the same weights: their maps are the same.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { createExplainer, type Explanation, gradCam, miCam } from '../../src/index.js';
import { loadModel } from '../../src/node/index.js';
import { expectClose } from '../close.js';
import { cli, writeFullSizeModels } from '../full-size.js';
import { temporaryFolder } from '../node/folder.js';
import { random } from '../random.js';

/** Of processor time, start of the process included. */
const SECONDS = 2;

interface Case {
  readonly name: string;
  readonly layer: string;
  readonly grid: readonly [number, number];
  /** @default 192 */
  readonly channels?: number;
}

const classifiers: Readonly<Record<string, readonly Case[]>> = {
  'ViT-Ti/16': [
    {
      name: 'vit-ti-torchscript-12',
      layer: '/blocks/blocks.11/norm1/Add_1_output_0',
      grid: [14, 14],
    },
    {
      name: 'vit-ti-torchscript-17',
      layer: '/blocks/blocks.11/norm1/LayerNormalization_output_0',
      grid: [14, 14],
    },
    { name: 'vit-ti-dynamo-18', layer: 'val_445', grid: [14, 14] },
    { name: 'vit-ti-dynamo-20', layer: 'val_474', grid: [14, 14] },
  ],
  'Swin-T': [
    { name: 'swin-t-torchscript-17', layer: '/permute/Transpose_output_0', grid: [7, 7], channels: 768 },
  ],
};

/** The last map of each scale that all detections flow through: what the detection head reads. */
const detector = {
  name: 'yolov8n-torchscript-17',
  layers: [15, 18, 21].map((module) => `/model.${module}/cv2/act/Mul_output_0`),
} as const;

const folder = temporaryFolder();
let paths: Readonly<Record<string, string>> = {};
beforeAll(() => {
  const names = Object.values(classifiers).flatMap((forms) => forms.map(({ name }) => name));
  paths = writeFullSizeModels(folder, [...names, detector.name]);
}, 300_000);

const size = [3, 224, 224];
const pictures = [1, 2].map((seed) => ({ data: random(3 * 224 * 224, seed), shape: size }));

/** Both pictures by Grad-CAM and MI-CAM at the default layer, and the layer. */
async function explained(name: string): Promise<readonly [string, readonly Explanation[]]> {
  const model = await loadModel(paths[name] ?? name, () => []);
  const explainer = await createExplainer(model, { methods: [gradCam, miCam()], backend: 'wasm' });
  const explanations = await explainer.explain(pictures, { targets: [11, 7] });
  await explainer.dispose();
  return [explainer.layers[0].name, explanations];
}

describe.each(Object.entries(classifiers))('%s', (_, forms) => {
  test.each(forms)(`$name is inspected in ${SECONDS} s`, async ({ name, layer }) => {
    const start = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'inspect', '--model', paths[name]]);
    expect((performance.now() - start) / 1e3).toBeLessThan(SECONDS);
    expect(stdout).toMatch(new RegExp(`^layer +${layer}$`, 'm'));
  });

  let first: readonly Explanation[] | undefined;
  test.each(forms)('$name has the maps of the other forms', async ({ name, layer, grid, channels = 192 }) => {
    const [chosen, explanations] = await explained(name);
    expect(chosen).toBe(layer);
    expect(explanations.map(({ target }) => target.index)).toEqual([11, 7]);
    first ??= explanations;
    for (const [n, { maps }] of explanations.entries()) {
      expect(maps['grad-cam'].gradients).toBe(name.startsWith('swin') ? 'closed form' : 'backward graph');
      for (const { raw, saliency } of Object.values(maps)) {
        expect(raw.shape).toEqual(grid);
        expect(new Set(raw.data).size).toBeGreaterThan(grid[0] * grid[1] * 0.9);
        expect([Math.min(...raw.data), Math.max(...saliency)].every(Number.isFinite)).toBe(true);
      }
      const { 'grad-cam': gradient, 'mi-cam': information } = first[n].maps;
      expectClose(maps['grad-cam'].raw.data, gradient.raw.data, grid, 1e-5);
      // A value that is rounded otherwise may fall into the next bin of the histogram.
      const [weights, expected] = [maps['mi-cam'].weights ?? [], information.weights ?? []];
      expect(weights.length).toBe(channels);
      expectClose(weights, expected, [channels], 5e-3);
    }
  });
});

describe('YOLOv8n', () => {
  test(`is inspected in ${SECONDS} s`, async () => {
    const start = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'inspect', paths[detector.name]]);
    expect((performance.now() - start) / 1e3).toBeLessThan(SECONDS);
    expect(stdout).toMatch(/^target +box:0/m);
    expect(stdout).toContain(detector.layers.join(','));
  });

  test('the best two detections have boxes and maps of their own', async () => {
    const explainer = await createExplainer(await loadModel(paths[detector.name], () => []), {
      target: ['box:0', 'box:1'],
      methods: ['hires-cam'],
      backend: 'wasm',
      onNotice: () => {},
    });
    const image = { data: random(3 * 640 * 640, 1), shape: [3, 640, 640] };
    const [first, second] = await explainer.explain([image]);
    expect(explainer.layers.map(({ name }) => name)).toEqual(detector.layers);
    await explainer.dispose();
    expect(first.target.score).toBeGreaterThanOrEqual(second.target.score);
    expect(first.target.box).not.toEqual(second.target.box);
    const maps = [first, second].map(({ maps }) => maps['hires-cam']);
    expect(maps[0].layers.map(({ raw }) => raw.shape)).toEqual([80, 40, 20].map((side) => [side, side]));
    const apart = maps[0].saliency.reduce(
      (worst, value, i) => Math.max(worst, Math.abs(value - maps[1].saliency[i])),
      0,
    );
    expect(apart).toBeGreaterThan(0.5);
  });
});

test('Swin-T: gradients reach a block in front of a merging, in windows that are shifted', async () => {
  const layer = '/features/features.5/features.5.5/Add_1_output_0';
  const options = { backend: 'wasm', layers: [layer], methods: ['grad-cam', 'layer-cam'] } as const;
  const model = await loadModel(paths['swin-t-torchscript-17'], () => []);
  const explainer = await createExplainer(model, { ...options, onNotice: () => {} });
  const [{ maps }] = await explainer.explain([pictures[0]], { target: 3 });
  await explainer.dispose();
  expect(maps['grad-cam'].gradients).toBe('backward graph');
  for (const { raw } of Object.values(maps)) {
    expect(raw.shape).toEqual([14, 14]);
    expect(new Set(raw.data).size).toBeGreaterThan(150);
  }
});
