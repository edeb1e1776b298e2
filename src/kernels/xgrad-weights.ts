import { xgradWeights as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank4 } from './define.js';

/**
 * XGrad-CAM's weight of each channel, `Σ_yx gradients · activations / Σ_yx activations`; 0 where the
 * activations add up to 0.
 *
 * activations and gradients `[n, k, h, w]` → `[n, k]`, in units of the gradients. Nothing is added to the
 * denominator. Where a signed channel cancels, rounding grows by `Σ|A| / |ΣA|`: within 1e-6 (wasm: 1e-7) of
 * `Σ|G·A| / |ΣA|` times that factor. A sum below 2^-21 of `Σ|A|` (wasm: 2^-44), which rounding cannot tell
 * from 0, counts as 0. Fu et al., arXiv:2008.02312.
 * @throws {CamError} `shape` when the shapes differ.
 */
export const xgradWeights = defineKernel(
  shader,
  { activations: 4, gradients: 4, weights: 2 },
  ({ activations, gradients }) => {
    const [n, k, h, w] = rank4('xgradWeights: activations', activations);
    expectShape('xgradWeights: gradients', gradients, [n, k, h, w], 'one per activation');
    return {
      params: { planes: n * k, positions: h * w },
      output: [n, k],
      workgroups: linearGrid(n * k, 1), // one workgroup per channel
    };
  },
);
