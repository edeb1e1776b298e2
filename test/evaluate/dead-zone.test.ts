import { expect, test } from 'vitest';
import { createExplainer } from '../../src/explainer.js';
import { defaultPreprocessing } from '../../src/image/index.js';
import { eigenCam, gradCam, gradCamPlusPlus, hiresCam, layerCam, xgradCam } from '../../src/methods/index.js';
import { type Box, deadZone } from '../../src/metrics/index.js';
import { random } from '../../src/metrics/random.js';
import { DEAD_ROWS, maskedNetwork, ROWS, SIZE } from './masked-network.js';

/** Kernel size and stride of each layer, in rows. */
const layers = [
  { kernel: 2, stride: 1 }, // convolution
  { kernel: 2, stride: 2 }, // max-pool
];

/** The rows of the input that no feature row before `firstDead` sees. */
function unseenRows(firstDead: number): Box {
  let [field, jump] = [1, 1];
  for (const { kernel, stride } of layers) {
    field += (kernel - 1) * jump;
    jump *= stride;
  }
  return [0, Math.min(SIZE, (firstDead - 1) * jump + field), SIZE, SIZE];
}

/**
 * The first row of the saliency that upsampling (half-pixel centres) interpolates only from dead feature
 * rows.
 */
const firstDeadSample = (firstDead: number): number => Math.ceil(((firstDead + 0.5) * SIZE) / ROWS - 0.5);

test('the unseen region follows from the receptive field: the last rows, half of the picture', () => {
  // Feature row 6, the last live one, sees the rows 12, 13 and 14 of the input.
  expect(unseenRows(ROWS - DEAD_ROWS)).toEqual([0, 15, SIZE, SIZE]);
});

test('an empty region is an error: without unseen pixels there is nothing to measure', () => {
  const map = { data: new Float32Array(SIZE * SIZE).fill(1), shape: [SIZE, SIZE] as const };
  expect(() => deadZone(map, [unseenRows(ROWS + 1)])).toThrow(
    'deadZone: unseen region: expected at least one pixel, got none.',
  );
});

test('μ of HiResCAM and LayerCAM is exactly 0; of methods with one weight per channel it is above 0.4', async () => {
  const methods = [gradCam, gradCamPlusPlus, xgradCam, eigenCam(), hiresCam, layerCam];
  const explainer = await createExplainer(maskedNetwork(1).bytes, {
    methods,
    layers: ['a'],
    backend: 'wasm',
    preprocessing: defaultPreprocessing([SIZE, SIZE], 1),
  });
  try {
    const { uniform } = random(2);
    const images = Array.from({ length: 20 }, () => ({
      data: Float32Array.from({ length: SIZE * SIZE }, uniform),
      shape: [1, SIZE, SIZE],
    }));
    const explanations = await explainer.explain(images);
    const unseen = unseenRows(ROWS - DEAD_ROWS);
    const muFrom = (row: number) =>
      new Map<string, (number | undefined)[]>(
        methods.map(({ name }) => [
          name,
          explanations.map(
            ({ maps }) =>
              deadZone({ data: maps[name].saliency, shape: maps[name].shape }, [[0, row, SIZE, SIZE]]).value,
          ),
        ]),
      );
    const mu = muFrom(unseen[1]);
    // Interpolation, not the method, gives the first unseen row 2 % of the last live one. From the next row
    // on, everything is 0.
    const clear = firstDeadSample(ROWS - DEAD_ROWS);
    expect(clear).toBe(unseen[1] + 1);
    for (const exact of ['hires-cam', 'layer-cam'] as const) {
      expect(muFrom(clear).get(exact), exact).toEqual(images.map(() => 0));
      for (const value of mu.get(exact) ?? []) expect(value, exact).toBeLessThan(0.01);
      // Before upsampling, the dead rows of the layer are exactly 0.
      for (const { maps } of explanations) {
        const { data, shape } = maps[exact].raw;
        const map = { data: data.map((value) => Math.max(0, value)), shape };
        expect(deadZone(map, [[0, ROWS - DEAD_ROWS, ROWS, ROWS]]).value, exact).toBe(0);
      }
    }
    for (const global of ['grad-cam', 'grad-cam++', 'xgrad-cam', 'eigen-cam']) {
      const values = mu.get(global)?.filter((value) => value !== undefined) ?? [];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(values.length, global).toBeGreaterThan(15);
      expect(mean, global).toBeGreaterThan(0.4);
    }
  } finally {
    await explainer.dispose();
  }
});
