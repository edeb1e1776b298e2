import { expect, test } from 'vitest';
import { createExplainer } from '../../src/explainer.js';
import { defaultPreprocessing } from '../../src/image/index.js';
import { gradCam, hiresCam } from '../../src/methods/index.js';
import { random } from '../../src/metrics/random.js';
import { CLASSES, DEAD_ROWS, FILTERS, maskedNetwork, ROWS, SIZE } from './masked-network.js';

// A lower bound of Grad-CAM at random initialisation where the masked network cannot see. Theorem 3 of "See
// through Walls" states such a bound; this one is derived here and need not be the paper's. With filters and
// classifier weights independent N(0, 1), K filters, `live` of the h·w positions unmasked, and any fixed
// class:
//
//   E[relu(Σ_k α_k A_k[p])]  =  √live / (h·w·√2π) · E[√(Σ_k A_k[p]²)]  ≥  √(K·live) / (2π·h·w) · max_q ‖ξ_q‖₂
//
// at every position p, masked or not. ξ_q are the four 2×2 patches of the image under p's pooling window.
// Proof: α_k, the mean of the gradient, is 1/(h·w) times a sum of `live` weights. So for given filters the
// map at p is normal, and E[relu] of N(0, σ²) is σ/√2π. Then A_k[p] ≥ relu(⟨F_k, ξ_q⟩) for each q,
// ‖v‖₂ ≥ ‖v‖₁ / √K, and E[relu(⟨F_k, ξ_q⟩)] = ‖ξ_q‖₂ / √2π.
const LIVE = ROWS * (ROWS - DEAD_ROWS);
const FACTOR = Math.sqrt(LIVE) / (ROWS * ROWS * Math.sqrt(2 * Math.PI));
const NETWORKS = 60;
const ALL = ROWS * ROWS;

type Image = Float32Array;

/** The four patches under position p, each as its four pixels. */
function patches(image: Image, p: number): number[][] {
  const [y, x] = [2 * Math.floor(p / ROWS), 2 * (p % ROWS)];
  const patch = (v: number, u: number) => [0, 1, SIZE, SIZE + 1].map((step) => image[v * SIZE + u + step]);
  return [patch(y, x), patch(y, x + 1), patch(y + 1, x), patch(y + 1, x + 1)];
}

const dot = (a: ArrayLike<number>, b: readonly number[]): number =>
  b.reduce((sum, value, i) => sum + value * a[i], 0);

const lowerBound = (image: Image, p: number): number =>
  ((FACTOR * Math.sqrt(FILTERS)) / Math.sqrt(2 * Math.PI)) *
  Math.max(...patches(image, p).map((patch) => Math.hypot(...patch)));

/** `√(Σ_k A_k[p]²)` of one network, in float64. */
function activationNorm(filters: Float32Array, image: Image, p: number): number {
  const around = patches(image, p);
  const activations = Array.from({ length: FILTERS }, (_, k) =>
    Math.max(0, ...around.map((patch) => dot(filters.subarray(4 * k, 4 * k + 4), patch))),
  );
  return Math.hypot(...activations);
}

const { uniform } = random(2);
const noise = Float32Array.from({ length: SIZE * SIZE }, uniform);
/** Whether only masked features see pixel i of the input. */
const unseen = (i: number): boolean => Math.floor(i / SIZE) >= 2 * (ROWS - DEAD_ROWS) + 1;
const images: Readonly<Record<string, Image>> = {
  noise,
  // The model sees nothing at all: every score is 0, whatever the weights.
  'only in the unseen part': noise.map((value, i) => (unseen(i) ? value : 0)),
  // Below the first masked row the bound is 0, and so is the map. (The windows of that row still see input
  // row 14.)
  'nothing in the unseen part': noise.map((value, i) => (unseen(i) ? 0 : value)),
  // One pixel, seen by two positions: a patch's norm is the pixel itself.
  'one unseen pixel': noise.map((_, i) => (i === 22 * SIZE + 9 ? 3 : 0)),
};

test('at random initialisation, Grad-CAM of the masked network exceeds its lower bound where the model cannot see', async () => {
  const names = Object.keys(images);
  const inputs = names.map((name) => ({ data: images[name], shape: [1, SIZE, SIZE] }));
  // Per image and position, each network gives one mean over its classes. Networks are independent draws;
  // classes share filters.
  const maps = names.map(() => Array.from({ length: ALL }, (): number[] => []));
  const norms = names.map(() => new Float64Array(ALL));
  for (let seed = 1; seed <= NETWORKS; seed++) {
    const { bytes, filters } = maskedNetwork(seed);
    const explainer = await createExplainer(bytes, {
      methods: [gradCam, hiresCam],
      layers: ['a'],
      backend: 'wasm',
      preprocessing: defaultPreprocessing([SIZE, SIZE], 1),
    });
    try {
      const targets = names.map(() => Array.from({ length: CLASSES }, (_, c) => c));
      const sums = names.map(() => new Float64Array(ALL));
      for (const { image, scores, maps: of } of await explainer.explain(inputs, { targets })) {
        of['grad-cam'].raw.data.forEach((value, p) => {
          sums[image][p] += Math.max(0, value) / CLASSES;
        });
        if (names[image] !== 'only in the unseen part') continue;
        expect(scores, names[image]).toEqual(new Float32Array(CLASSES));
        expect(
          of['hires-cam'].raw.data.every((value) => value === 0),
          names[image],
        ).toBe(true);
      }
      names.forEach((name, n) => {
        sums[n].forEach((value, p) => {
          maps[n][p].push(value);
          norms[n][p] += activationNorm(filters, images[name], p) / NETWORKS;
        });
      });
    } finally {
      await explainer.dispose();
    }
  }
  const ratios: number[] = [];
  names.forEach((name, n) => {
    maps[n].forEach((values, p) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / NETWORKS;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (NETWORKS - 1);
      const error = Math.sqrt(variance / NETWORKS);
      const bound = lowerBound(images[name], p);
      const where = `${name} at ${p}`;
      if (bound === 0) {
        expect(mean, where).toBe(0);
        return;
      }
      // Five standard errors on either side: among so many positions, chance alone fails none.
      expect(mean - 5 * error, where).toBeGreaterThan(bound);
      expect(Math.abs(mean - FACTOR * norms[n][p]), where).toBeLessThan(5 * error);
      if (Math.floor(p / ROWS) >= ROWS - DEAD_ROWS) ratios.push(mean / bound);
    });
  });
  // The bound is not trivially low: it is about half of the measured value. It uses one window of four, and
  // only Σ A instead of Σ A².
  expect(ratios).toHaveLength(2 * DEAD_ROWS * ROWS + ROWS + 2);
  const ratio = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
  expect(ratio).toBeGreaterThan(1.5);
  expect(ratio).toBeLessThan(3);
});
