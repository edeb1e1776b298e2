/** timm's `config.json`, interpreted as `timm.data` does in evaluation. Pure functions of parsed JSON. */
import type { Preprocessing } from '../types.js';
import { isObject, type Json, refuse } from './json.js';
import { validatePreprocessing } from './preprocessing.js';

/** timm's default where a config names none. */
const CROP_PCT = 0.875;
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

/** timm's part of a `config.json`: `pretrained_cfg`, or the whole file in older ones. */
export function timmConfig(file: unknown): Json | undefined {
  if (!isObject(file)) return undefined;
  if (isObject(file.pretrained_cfg)) return file.pretrained_cfg;
  return 'architecture' in file && 'input_size' in file ? file : undefined;
}

/** The labels of timm's `config.json`, unchecked. */
export const timmLabels = (file: Json): unknown =>
  file.label_names ?? (isObject(file.pretrained_cfg) ? file.pretrained_cfg.label_names : undefined);

/**
 * The preprocessing of a timm config: its `input_size`, `interpolation`, `crop_pct`, `crop_mode` (`center`,
 * `squash`), `mean` and `std`. timm reads no other field for it.
 * @throws {CamError} `option`, naming the field, for what cannot be reproduced exactly.
 */
export function timmPreprocessing(where: string, config: Json): Preprocessing {
  const inputSize = config.input_size ?? [3, 224, 224];
  if (!Array.isArray(inputSize) || inputSize.length !== 3)
    return refuse(`${where}: input_size`, '[channels, height, width]', inputSize);
  const [channels, height, width]: unknown[] = inputSize;
  if (channels !== 1 && channels !== 3)
    return refuse(`${where}: input_size`, '1 or 3 channels (grey or colour)', inputSize);
  const pct = config.crop_pct || CROP_PCT;
  if (typeof pct !== 'number' || !(pct > 0 && pct <= 1))
    return refuse(`${where}: crop_pct`, 'a number above 0, at most 1', pct);
  const interpolation = config.interpolation || 'bicubic';
  if (interpolation !== 'nearest' && interpolation !== 'bilinear' && interpolation !== 'bicubic')
    return refuse(`${where}: interpolation`, '"nearest", "bilinear" or "bicubic"', interpolation);
  return validatePreprocessing(where, {
    ...cropped(where, config.crop_mode, [height, width], pct),
    interpolation,
    mean: config.mean || MEAN,
    std: config.std || STD,
    channels: channels === 1 ? 'GRAY' : 'RGB',
  });
}

function cropped(where: string, mode: unknown, size: readonly [unknown, unknown], pct: number): object {
  const larger = (edge: unknown): unknown => (typeof edge === 'number' ? Math.floor(edge / pct) : edge);
  if (mode === 'squash') return { size, resize: 'exact', stretchedSize: size.map(larger) };
  if (mode !== undefined && mode !== null && mode !== 'center')
    return refuse(`${where}: crop_mode`, '"center" or "squash"', mode);
  if (size[0] !== size[1])
    return refuse(`${where}: input_size`, 'height and width alike, with crop_mode "center"', size);
  return { size, resize: 'shortest', shortestEdge: larger(size[0]) };
}
