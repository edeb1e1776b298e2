import { gradCamPlusPlusWeights as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank4 } from './define.js';

/**
 * Grad-CAM++'s weight of each channel: `Σ_yx α · relu(G)` with `α = G² / (2 G² + ΣA · G³)`, 0 where G = 0 or
 * the denominator is 0. Nothing is added to the denominator.
 *
 * activations and gradients `[n, k, h, w]` → `[n, k]`, in units of the gradients. Computed as
 * `α = 1 / (2 + ΣA · G)`, so that gradients keep their digits down to float32's own 1e-38. Within 1e-6 (wasm:
 * 1e-7) of `Σ α · relu(G)` for activations after ReLU; where a signed layer brings `ΣA · G` close to -2,
 * rounding grows by `(2 + G·Σ|A|) / |2 + G·ΣA|`, position by position. Chattopadhay et al., arXiv:1710.11063.
 * @throws {CamError} `shape` when the shapes differ.
 */
export const gradCamPlusPlusWeights = defineKernel(
  shader,
  { activations: 4, gradients: 4, weights: 2 },
  ({ activations, gradients }) => {
    const [n, k, h, w] = rank4('gradCamPlusPlusWeights: activations', activations);
    expectShape('gradCamPlusPlusWeights: gradients', gradients, [n, k, h, w], 'one per activation');
    return {
      params: { planes: n * k, positions: h * w },
      output: [n, k],
      workgroups: linearGrid(n * k, 1), // one workgroup per channel
    };
  },
);
