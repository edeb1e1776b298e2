import { CamError } from '../errors.js';
import { described, expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import { gaussian, type ProbingMethod } from './probing.js';
import { type ChannelOptions, channelOptions, expectCount, mostVarying } from './strongest-channels.js';

export interface ScoreCamOptions extends ChannelOptions {
  /**
   * `probability`: the class's probability, as the authors' code has it. `softmax`: softmax over the channels
   * of the class's scores, as the paper's eq. 5-6 and most libraries have it.
   * @default 'probability'
   */
  readonly weighting?: 'probability' | 'softmax';
  /**
   * IS-CAM: the mean over `steps` passes with the masked image times `1/steps, 2/steps, … 1`.
   * arXiv:2010.03023. @default 1
   */
  readonly steps?: number;
  /**
   * SS-CAM (2): the mean over `samples` passes with normal noise added to the masked image. arXiv:2006.14255.
   * @default none
   */
  readonly noise?: { readonly samples: number; readonly deviation: number; readonly seed?: number };
}

export const scoreCamOptions: OptionKinds<ScoreCamOptions> = {
  ...channelOptions,
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
 * Score-CAM: `Σ_k w[k] · A[k]`, where w[k] is the class's probability on `input · minmax(upsample(A[k]))`;
 * the mask is made after upsampling, a constant channel gets weight 0. Wang et al., arXiv:1910.01279. One
 * forward pass per channel.
 * @throws {CamError} `option` for a count that is no whole number of at least 1, or another weighting.
 */
export function scoreCam(options: ScoreCamOptions = {}): ProbingMethod<'score-cam'> & MethodMetadata {
  expectOptions('score-cam', options, scoreCamOptions);
  const { channels: most = Number.POSITIVE_INFINITY, weighting = 'probability', steps = 1, noise } = options;
  if (noise) expectOptions('score-cam: noise', noise, noiseOptions);
  if (weighting !== 'probability' && weighting !== 'softmax')
    throw new CamError(
      'option',
      `score-cam: weighting: expected 'probability' or 'softmax', got ${described(weighting)}.`,
    );
  expectCount('score-cam: channels', options.channels);
  expectCount('score-cam: steps', steps);
  expectCount('score-cam: noise.samples', noise?.samples);
  return {
    name: 'score-cam',
    title: 'Score-CAM',
    citation: 'arXiv:1910.01279',
    formula:
      'weights: the probability of the class on the masked picture, a pass per channel; `--channels N` keeps the N of largest variance',
    cost: 'many passes',
    needs: ['activations', 'forward'],
    classAgnostic: false,
    ...(options.channels !== undefined && { channels: options.channels }),
    probe: async (_, probe) => {
      const [n, channels] = probe.activations.shape;
      const weights = new Float32Array(n * channels);
      const values = options.channels === undefined ? undefined : await probe.values(probe.activations);
      for (const image of probe.images) {
        const varying = await probe.varying(image);
        const chosen = values ? mostVarying(probe, image, varying, most, values) : varying;
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

function addNoise(values: Float32Array, deviation: number, next: () => number): void {
  for (let i = 0; i < values.length; i++) values[i] += deviation * next();
}

function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
