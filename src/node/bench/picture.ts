import { extname } from 'node:path';
import { preprocess } from '../../image/index.js';
import { uniform } from '../../methods/probing.js';
import type { InputTensor, Picture, Preprocessing } from '../../types.js';
import { decodeFile } from '../decode.js';
import { openNpyImages, readNpyImage } from '../npy.js';

/** The picture that methods are timed on: the user's, or one that is the same on every machine. `[C, H, W]`, normalised. */
export async function inputTensor(
  path: string | undefined,
  preprocessing: Preprocessing,
): Promise<InputTensor> {
  if (path !== undefined && extname(path).toLowerCase() === '.npy')
    return readNpyImage(await openNpyImages(path), 0);
  const picture = path === undefined ? drawnPicture() : await decodeFile(path);
  const [height, width] = preprocessing.size;
  const { tensor } = preprocess(picture, preprocessing);
  return { data: tensor, shape: [tensor.length / (height * width), height, width] };
}

/** Three coloured discs on a slope, with noise: edges, surfaces and texture. */
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
