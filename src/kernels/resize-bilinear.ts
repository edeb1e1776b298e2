import { CamError } from '../errors.js';
import { resizeBilinear as shader } from '../generated/shaders.js';
import { defineKernel, linearGrid, rank3 } from './define.js';

/**
 * Resizes maps by linear interpolation, half-pixel centres, edges clamped, no antialiasing: ONNX `Resize`
 * linear/half_pixel, OpenCV `INTER_LINEAR`, PyTorch `align_corners=False`.
 *
 * x `[n, h, w]`, size `[H, W]` → `[n, H, W]`; units are those of x. Within 1e-6 of the largest value of x; a
 * constant map stays exactly constant. Smaller sizes sample the same way, they do not average.
 * @throws {CamError} `shape` when x is not `[n, h, w]`, a size is not a whole number of at least 1, or source
 * times output size reaches 2^30 along an axis.
 */
export const resizeBilinear = defineKernel(
  shader,
  { x: 3, y: 3 },
  ({ x }, size: readonly [number, number]) => {
    const [n, h, w] = rank3('resizeBilinear: x', x);
    const [H, W] = size;
    const fits = [h * H, w * W].every((product) => product < 2 ** 30);
    if (!size.every((s) => Number.isInteger(s) && s > 0) || !fits) {
      throw new CamError(
        'shape',
        `resizeBilinear: size: expected whole numbers of at least 1, times [${h}, ${w}] below 2^30 (coordinates are 32-bit integers), got [${size.join(', ')}]`,
      );
    }
    return {
      params: { batch: n, height: h, width: w, outHeight: H, outWidth: W, unitY: 0.5 / H, unitX: 0.5 / W },
      output: [n, H, W],
      workgroups: linearGrid(n * H * W, shader.workgroup),
    };
  },
);
