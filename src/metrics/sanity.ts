import { CamError } from '../errors.js';
import { type Figure, figure } from './outcome.js';
import type { Plane } from './plane.js';
import { spearman } from './spearman.js';
import { ssim } from './ssim.js';

/** One image's saliency with the trained model, and after each stage of randomised layers. */
export interface CascadeMaps {
  /** `[H, W]`, 0..1. */
  readonly trained: Plane;
  /** One per stage, in order, of the same shape. */
  readonly stages: readonly Plane[];
}

/**
 * How similar the map after one stage is to the trained model's. Near 0 is right once the layers that matter
 * are randomised.
 */
export interface CascadeStage {
  /** Spearman's rank correlation, -1 to 1. An empty map has none: no value, noted `constant`. */
  readonly spearman: Figure;
  /** Structural similarity, see `ssim`. */
  readonly ssim: Figure;
}

/**
 * Sanity cascade: the model's layers are randomised one after another, and after each stage its maps are
 * compared with the trained model's. One entry per stage, over the images. Signs count: maps are compared as
 * they are. Adebayo 2018 (arXiv:1810.03292), output first; MI-CAM (arXiv:2507.09092) §4.6 goes from the input
 * on.
 * @throws {CamError} `shape` for different numbers of stages or maps that do not fit; `input`.
 */
export function sanityCascade(images: readonly CascadeMaps[]): CascadeStage[] {
  const length = images[0]?.stages.length ?? 0;
  if (images.some(({ stages }) => stages.length !== length))
    throw new CamError('shape', 'sanityCascade: expected the same stages for every image.');
  return Array.from({ length }, (_, s) => ({
    // SSIM comes first because it checks that the shapes agree.
    ssim: figure(images.map(({ trained, stages }) => ({ value: ssim(trained, stages[s]) }))),
    spearman: figure(
      images.map(({ trained, stages }) => {
        const value = spearman(trained.data, stages[s].data);
        return value === undefined ? { value, note: 'constant' } : { value };
      }),
    ),
  }));
}
