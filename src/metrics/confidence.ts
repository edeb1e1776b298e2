import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { type MaskOptions, maskBaseline, maskImage } from './mask-image.js';
import { type Probe, scoreOf } from './passes.js';
import type { Plane } from './plane.js';

/**
 * Softmax probabilities of one class on three versions of an image, 0..1. Drop, increase and gain need no
 * more.
 */
export interface Confidence {
  /** Y: on the image. */
  readonly original: number;
  /** O: on the image masked by its map. */
  readonly masked: number;
  /** B: on the fully masked image. */
  readonly baseline: number;
}

/**
 * The three forward passes that average drop, average increase, increase in confidence and average gain need.
 * `maskImage` makes the masked image; with an empty map, that is the baseline.
 *
 * @param name  Name of the map; needed where several maps of one image share their passes.
 * @throws {CamError} as `maskImage`; its result `input` when a score is missing.
 */
export function confidence(
  image: InputTensor,
  saliency: Plane,
  options: MaskOptions & { readonly name?: string } = {},
): Probe<Confidence> {
  const { mode = 'threshold', threshold = 0.5, name = 'saliency' } = options;
  const baseline = maskBaseline(image, options.space);
  const how = mode === 'threshold' ? `at least ${threshold}` : 'times image';
  const masked = `${baseline.name} but ${name} ${how}`;
  return {
    *passes() {
      yield { key: 'original', image: image.data };
      yield { key: masked, image: maskImage(image, saliency, options).data };
      yield { key: baseline.name, image: baseline.image.data };
    },
    result: (scores) => ({
      original: scoreOf('confidence', scores, 'original').score,
      masked: scoreOf('confidence', scores, masked).score,
      baseline: scoreOf('confidence', scores, baseline.name).score,
    }),
  };
}

/** Checks that scores are probabilities. A float32 softmax may exceed 1 by its rounding error. */
export function expectProbabilities<Names extends keyof Confidence>(
  where: string,
  scores: readonly Pick<Confidence, Names>[],
  names: readonly Names[],
): void {
  scores.forEach((score, i) => {
    for (const name of names) {
      if (!(score[name] >= 0 && score[name] <= 1 + 1e-6)) {
        throw new CamError(
          'input',
          `${where}: image ${i}: ${name}: expected a softmax probability in 0..1, got ${score[name]}. Apply softmax to logits.`,
        );
      }
    }
  });
}
