import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import { described, expectOptions, type OptionKinds } from '../names.js';
import { gaussian, type Probe, type ProbedImage, type ProbingMethod } from './probing.js';

export interface ScoreCamOptions {
  /** Only the channels of largest energy Σ A², as many as this; the others get weight 0. @default all */
  readonly topChannels?: number;
  /**
   * `probability`: the class's probability, as the authors' code has it. `softmax`: softmax over the channels of the
   * class's scores, as the paper's eq. 5-6 and most libraries have it.
   * @default 'probability'
   */
  readonly weighting?: 'probability' | 'softmax';
  /** IS-CAM: the mean over `steps` passes with the masked image times `1/steps, 2/steps, … 1`. arXiv:2010.03023. @default 1 */
  readonly steps?: number;
  /** SS-CAM (2): the mean over `samples` passes with normal noise added to the masked image. arXiv:2006.14255. @default none */
  readonly noise?: { readonly samples: number; readonly deviation: number; readonly seed?: number };
}

export const scoreCamOptions: OptionKinds<ScoreCamOptions> = {
  topChannels: 'number',
  weighting: 'string',
  steps: 'number',
  noise: 'object',
};

const noiseOptions: OptionKinds<NonNullable<ScoreCamOptions['noise']>> = {
  samples: 'number',
  deviation: 'number',
  seed: 'number',
};

/**
 * Score-CAM: `Σ_k w[k] · A[k]`, where w[k] is the class's probability on `input · minmax(upsample(A[k]))`; the mask is made
 * after upsampling, a constant channel gets weight 0. Wang et al., arXiv:1910.01279. One forward pass per channel.
 * @throws {CamError} `option` for a count that is no whole number of at least 1, or another weighting.
 */
export function scoreCam(options: ScoreCamOptions = {}): ProbingMethod<'score-cam'> {
  expectOptions('score-cam', options, scoreCamOptions);
  const { topChannels = Number.POSITIVE_INFINITY, weighting = 'probability', steps = 1, noise } = options;
  if (noise) expectOptions('score-cam: noise', noise, noiseOptions);
  if (weighting !== 'probability' && weighting !== 'softmax')
    throw new CamError(
      'option',
      `score-cam: weighting: expected 'probability' or 'softmax', got ${described(weighting)}.`,
    );
  for (const [name, count] of [
    ['topChannels', options.topChannels ?? 1],
    ['steps', steps],
    ['noise.samples', noise?.samples ?? 1],
  ] as const)
    if (!(Number.isInteger(count) && count >= 1))
      throw new CamError(
        'option',
        `score-cam: ${name}: expected a whole number of at least 1, got ${count}.`,
      );
  return {
    name: 'score-cam',
    needs: ['activations', 'forward'],
    classAgnostic: false,
    probe: async (k, probe) => {
      const [n, channels] = probe.activations.shape;
      const weights = new Float32Array(n * channels);
      for (const image of probe.images) {
        const chosen = await strongest(k, probe, image, topChannels);
        const found = new Float64Array(chosen.length);
        const passes = steps * (noise?.samples ?? 1);
        const next = gaussian(noise?.seed ?? 0);
        const disturb = noise && ((x: Float32Array) => addNoise(x, noise.deviation, next));
        for (let pass = 0; pass < passes; pass++) {
          const factor = ((pass % steps) + 1) / steps;
          const answers = await probe.masked(image, chosen, { factor, disturb });
          const one = weighting === 'softmax' ? softmax(answers.scores) : answers.probabilities;
          one.forEach((weight, i) => {
            found[i] += weight / passes;
          });
        }
        chosen.forEach((channel, i) => {
          weights[image.at * channels + channel] = found[i];
        });
      }
      return { weights };
    },
  };
}

/** The varying channels of largest energy, in channel order. */
async function strongest(k: Ops, probe: Probe, image: ProbedImage, count: number): Promise<Uint32Array> {
  const varying = await probe.varying(image);
  if (varying.length <= count) return varying;
  const { activations } = probe;
  const energies = await probe.compute(() => k.spatialMean(k.multiply(activations, activations)));
  const energy = (channel: number) => energies[image.at * activations.shape[1] + channel];
  return varying
    .toSorted((a, b) => energy(b) - energy(a))
    .slice(0, count)
    .toSorted();
}

function addNoise(values: Float32Array, deviation: number, next: () => number): void {
  for (let i = 0; i < values.length; i++) values[i] += deviation * next();
}

function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
