import { extname } from 'node:path';
import { CamError } from '../../errors.js';
import type { Explainer } from '../../explainer.js';
import { preprocess } from '../../image/index.js';
import { uniform } from '../../methods/probing.js';
import type { InputTensor, Picture } from '../../types.js';
import { decodeFile } from '../inputs/decode.js';
import { openNpyImages, readNpyImage } from '../inputs/npy.js';

type BenchModel = Pick<Explainer, 'preprocessing' | 'pictureObstacle' | 'input'>;

/**
 * The picture that methods are timed on: the user's, or a drawn one that is the same on every machine. `[C,
 * H, W]`, normalised.
 */
export async function inputTensor(
  path: string | undefined,
  { preprocessing, pictureObstacle, input }: BenchModel,
): Promise<InputTensor> {
  if (path !== undefined && extname(path).toLowerCase() === '.npy')
    return readNpyImage(await openNpyImages(path), 0);
  const [height, width] = preprocessing.size;
  if (pictureObstacle !== undefined) {
    if (path !== undefined) throw new CamError('option', `${path}: ${pictureObstacle}`);
    return filled(input, [height, width]);
  }
  const picture = path === undefined ? drawnPicture() : await decodeFile(path);
  const { tensor } = preprocess(picture, preprocessing);
  return { data: tensor, shape: [tensor.length / (height * width), height, width] };
}

/** Noise in the model's own shape, for models that take no pictures. */
function filled({ shape }: BenchModel['input'], [height, width]: readonly [number, number]): InputTensor {
  const known = (axis: number, otherwise: number): number => {
    const length = shape?.[axis];
    return typeof length === 'number' ? length : otherwise;
  };
  const own = [known(1, 3), known(2, height), known(3, width)];
  const next = uniform(1);
  const data = Float32Array.from({ length: own.reduce((x, y) => x * y, 1) }, next);
  return { data, shape: own };
}

/** Three coloured discs on a gradient of brightness, with noise: edges, surfaces and texture. */
export function drawnPicture(): Picture {
  const [width, height] = [320, 240];
  const next = uniform(1);
  const data = new Uint8Array(width * height * 4);
  const discs = [
    [110, 120, 70, [200, 60, 40]],
    [190, 90, 40, [240, 210, 60]],
    [230, 170, 30, [40, 60, 150]],
  ] as const;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const disc = discs.findLast(([cx, cy, radius]) => Math.hypot(x - cx, y - cy) < radius);
      const [r, g, b] = disc?.[3] ?? [60 + x / 4, 120 + y / 4, 80];
      const noise = 24 * (next() - 0.5);
      data.set(
        [r + noise, g + noise, b + noise, 255].map((value) => Math.min(255, Math.max(0, value))),
        (y * width + x) * 4,
      );
    }
  return { data, width, height };
}
