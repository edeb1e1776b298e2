import { weightedSum as shader } from '../generated/shaders.js';
import { ceilDiv, defineKernel, expectShape, POSITIONS, rank4 } from './define.js';

/**
 * Adds up the channels of a layer, each scaled by its weight:
 * `map[n, y, x] = Σ_k weights[n, k] · activations[n, k, y, x]`, unclamped, always in the same order.
 *
 * activations `[n, k, h, w]`, weights `[n, k]` → `[n, h, w]`; units are those of the activations.
 * Within 1e-5 of the largest value of the float64 sum.
 * Grad-CAM (arXiv:1610.02391) eq. 2 without its ReLU.
 * @throws {CamError} `shape` when weights are not one per channel.
 */
export const weightedSum = defineKernel(
  shader,
  { activations: 4, weights: 2, map: 3 },
  ({ activations, weights }) => {
    const [n, k, h, w] = rank4('weightedSum: activations', activations);
    expectShape('weightedSum: weights', weights, [n, k], 'one per activation channel');
    return {
      params: { batch: n, channels: k, positions: h * w },
      output: [n, h, w],
      workgroups: [ceilDiv(h * w, POSITIONS), n, 1],
    };
  },
);
