import { CamError } from '../errors.js';
import { scoreCamMasks as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank4 } from './define.js';
import { resizeBilinear } from './resize-bilinear.js';

export interface MaskOptions {
  /** Position in the batch of the image that is masked. */
  readonly image: number;
  /** What masked images are multiplied with besides. */
  readonly factor: number;
}

/**
 * One image under the masks that some channels of its layer make:
 * `masked[j] = factor · input · minmax(resize(activations[channels[j]]))`.
 *
 * input `[n, c, H, W]`, activations `[n, k, h, w]`, ranges `[n, k, 2]` as `upsampledRange` gives them,
 * channels `[m]`, each below k → `[m, c, H, W]` of `options.image`; units are those of the input. Within 1e-5
 * of the largest; all 0 for a channel whose range is below 2^-126.
 * @throws {CamError} `shape` where they do not fit each other.
 */
export const scoreCamMasks = defineKernel(
  shader,
  { input: 4, activations: 4, ranges: 3, channels: 1, masked: 4 },
  (shapes, { image, factor }: MaskOptions) => {
    const { input, activations, ranges, channels } = shapes;
    const [n, colours, H, W] = rank4('scoreCamMasks: input', input);
    const [, k, h, w] = rank4('scoreCamMasks: activations', activations);
    expectShape('scoreCamMasks: activations', activations, [n, k, h, w], 'one layer per image');
    expectShape('scoreCamMasks: ranges', ranges, [n, k, 2], 'minimum and maximum of each channel');
    const [masks = 0] = channels;
    expectShape('scoreCamMasks: channels', channels, [masks], 'a list');
    if (!(Number.isInteger(image) && image >= 0 && image < n))
      throw new CamError('shape', `scoreCamMasks: image: expected 0 to ${n - 1}, got ${image}`);
    const resized = resizeBilinear.plan({ x: [k, h, w] }, [H, W]).params;
    const { height, width, outHeight, outWidth, unitY, unitX } = resized;
    const layer = { layerChannels: k, height, width };
    return {
      params: { masks, colours, ...layer, outHeight, outWidth, unitY, unitX, image, factor },
      output: [masks, colours, H, W],
      workgroups: linearGrid(masks * H * W, shader.workgroup),
    };
  },
);
