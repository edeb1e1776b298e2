import { expectOptions } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import type { Probe, ProbedImage, ProbingMethod } from './probing.js';
import { type ChannelOptions, channelOptions, expectCount, mostVarying } from './strongest-channels.js';

/**
 * Ablation-CAM: `Σ_k w[k] · A[k]`, `w[k] = (S - S_k) / |S|`, S_k the score with channel k set to 0; unscaled
 * where S = 0. Desai & Ramaswamy, WACV 2020, eq. 2-3. One pass of the part behind the layer per channel that
 * is not 0 already; none behind global average pooling and a linear layer, where
 * `w[k] = W[c, k] · mean(A[k]) / |S|`.
 */
export const ablationCam: ProbingMethod<'ablation-cam'> & MethodMetadata = /* @__PURE__ */ ablationCamWith();

/**
 * Ablation-CAM of some channels.
 * @throws {CamError} `option` for a count that is no whole number of at least 1.
 */
export function ablationCamWith(
  options: ChannelOptions = {},
): ProbingMethod<'ablation-cam'> & MethodMetadata {
  expectOptions('ablation-cam', options, channelOptions);
  const { channels: most } = options;
  expectCount('ablation-cam: channels', most);
  return {
    name: 'ablation-cam',
    title: 'Ablation-CAM',
    citation: 'Desai & Ramaswamy, WACV 2020',
    formula:
      'weights `(S - S_k) / abs(S)`, S_k without channel k; no pass where the tail is linear; `--channels N`',
    cost: 'many passes',
    needs: ['activations', 'tail'],
    classAgnostic: false,
    ...(most !== undefined && { channels: most }),
    probe: async (k, probe) => {
      const [n, channels] = probe.activations.shape;
      const weights = new Float32Array(n * channels);
      const { activations, linear } = probe;
      const means = linear && (await probe.compute(() => k.spatialMean(activations)));
      const values = linear && most === undefined ? undefined : await probe.values(activations);
      for (const image of probe.images) {
        const row = weights.subarray(image.at * channels, (image.at + 1) * channels);
        if (linear && means) inClosedForm(image, means, linear, row);
        const kept = values && live(image, probe, values, most);
        if (linear && kept)
          row.forEach((_, c) => {
            if (!kept.includes(c)) row[c] = 0;
          });
        else if (kept) await byPasses(image, probe, kept, row);
      }
      return { weights };
    },
  };
}

function inClosedForm(
  { at, target }: ProbedImage,
  means: Float32Array,
  { weights, bias }: NonNullable<Probe['linear']>,
  row: Float32Array,
): void {
  const channels = row.length;
  const drops = Float64Array.from(row, (_, k) => weights[target * channels + k] * means[at * channels + k]);
  const score = drops.reduce((sum, drop) => sum + drop, bias[target]);
  drops.forEach((drop, k) => {
    row[k] = drop / (Math.abs(score) || 1);
  });
}

/** The channels that are not 0 already; of these the most varying. */
function live(
  image: ProbedImage,
  probe: Probe,
  values: Float32Array,
  most = Number.POSITIVE_INFINITY,
): Uint32Array {
  const [, channels, h, w] = probe.activations.shape;
  const first = image.at * channels * h * w;
  const channel = (k: number) => values.subarray(first + k * h * w, first + (k + 1) * h * w);
  const found = Array.from({ length: channels }, (_, k) => k).filter((k) =>
    channel(k).some((value) => value !== 0),
  );
  return mostVarying(probe, image, found, most, values);
}

async function byPasses(
  image: ProbedImage,
  probe: Probe,
  live: Uint32Array,
  row: Float32Array,
): Promise<void> {
  const [, , h, w] = probe.activations.shape;
  // The first copy stays as it is: its score is S.
  const scores = await probe.tail(image, live.length + 1, (copy, i) => {
    if (i > 0) copy.fill(0, live[i - 1] * h * w, (live[i - 1] + 1) * h * w);
  });
  live.forEach((k, i) => {
    row[k] = (scores[0] - scores[i + 1]) / (Math.abs(scores[0]) || 1);
  });
}
