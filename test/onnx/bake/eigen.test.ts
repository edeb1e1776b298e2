/** Eigen-CAM of layers whose first two components are nearly equal: how exact repeated squaring is. */

import { describe, expect, test } from 'vitest';
import { parseModel } from '../../../src/onnx/index.js';
import { model, node, weights } from '../build.js';
import { largestDifference, runBaked } from './baked.js';

/** Waves over `size` places: orthogonal, of length 1, and but for order 0 without a mean. */
function wave(size: number, order: number): number[] {
  const norm = Math.sqrt((order === 0 ? 1 : 2) / size);
  return Array.from(
    { length: size },
    (_, i) => norm * Math.cos(((2 * i + 1) * order * Math.PI) / (2 * size)),
  );
}

const classifier = (channels: number, side: number): Uint8Array =>
  model({
    inputs: { x: ['n', channels, side, side] },
    nodes: [
      node('Neg', ['x'], ['layer']),
      node('GlobalAveragePool', ['layer'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'fc'], ['logits']),
    ],
    initializers: { fc: weights([channels, 3]) },
    outputs: { logits: ['n', 3] },
  });

/** `minmax(relu(map))` */
function shown(map: readonly number[]): number[] {
  const positive = map.map((value) => Math.max(value, 0));
  return positive.map((value) => value / Math.max(...positive));
}

// Either Gram matrix is the smaller one; values that would leave float32 when squared, and either sign.
describe.each([
  ['channels', 12, 8, 1],
  ['positions', 96, 5, -1],
  ['channels', 12, 8, -1e-25],
  ['positions', 96, 5, 1e25],
] as const)('the Gram matrix of %s: %i channels of %i × the same, times %d', (_, K, side, factor) => {
  const positions = side * side;

  // λ₂/λ₁ = 1 - gap. Rounding the layer to float32 alone turns the component by 1e-7 / gap.
  test.each([0.5, 0.1, 0.01, 0.001])(
    'a gap of %d: within 1e-6 + 1e-7 / gap of the component',
    async (gap) => {
      // The first component adds up over the channels, which tells its sign; the others do not.
      const parts = [1, Math.sqrt(1 - gap), 0.3].map((length, i) => ({
        length,
        over: wave(positions, i + 1),
        along: wave(K, i),
      }));
      const values = Float32Array.from({ length: K * positions }, (_, at) => {
        const [k, p] = [Math.floor(at / positions), at % positions];
        const sum = parts.reduce((total, { length, over, along }) => total + length * over[p] * along[k], 0);
        // Centring takes the offset off.
        return -factor * (sum + (k % 3) * 0.1);
      });
      const options = { method: 'eigen-cam', size: 'layer', layer: 'layer' } as const;
      const images = { data: values, shape: [1, K, side, side] };
      const { saliency } = await runBaked(parseModel(classifier(K, side)), options, images);
      const want = shown(parts[0].over.map((value) => Math.sign(factor) * value));
      expect(largestDifference(saliency, want)).toBeLessThan(1e-6 + 1e-7 / gap);
    },
  );
});
