import { CamError } from '../errors.js';
import type { Preprocessing } from '../types.js';
import { defaultShortestEdge } from './preprocess.js';

const interpolations = ['bilinear', 'bicubic', 'nearest'] as const;
const orders = ['RGB', 'BGR', 'GRAY'] as const;
const resizes = ['exact', 'shortest'] as const;

/** A value as JSON, cut to one line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function refuse(where: string, expected: string, got: unknown): never {
  throw new CamError('option', `${where}: expected ${expected}, got ${shown(got)}.`);
}

const isPixels = (x: unknown): x is number =>
  typeof x === 'number' && Number.isInteger(x) && x > 0 && x <= 16384;

function numbers(where: string, value: unknown, count: number, expected: string, min: number): number[] {
  const ok = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x) && x > min;
  if (!Array.isArray(value) || value.length !== count || !value.every(ok)) refuse(where, expected, value);
  return value;
}

function sides(where: string, value: unknown): readonly [height: number, width: number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isPixels))
    refuse(where, '[height, width] in pixels, whole numbers from 1 to 16384', value);
  const [height, width]: number[] = value;
  return [height, width];
}

function oneOf<T extends string>(where: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  return found ?? refuse(where, choices.map((c) => `"${c}"`).join(', '), value);
}

/**
 * Checks a preprocessing from outside and fills in its defaults: `resize` "exact", `interpolation`
 * "bilinear", `channels` "RGB", `scale` 1/255.
 *
 * @param where  Names the source in errors, e.g. a file.
 * @throws {CamError} `option`, naming the field, what it should be and what it is.
 */
export function validatePreprocessing(where: string, value: object): Preprocessing {
  const given: Partial<Record<keyof Preprocessing, unknown>> = value;
  const size = sides(`${where}: size`, given.size);
  const channels = oneOf(`${where}: channels`, given.channels ?? 'RGB', orders);
  const count = channels === 'GRAY' ? 1 : 3;
  const one = `${count} number${count === 1 ? '' : 's'}, one per channel (${channels})`;
  const scale = given.scale ?? 1 / 255;
  if (typeof scale !== 'number' || !(scale > 0) || !Number.isFinite(scale)) {
    refuse(`${where}: scale`, 'a number above 0 (factor from 0..255, usually 1/255)', scale);
  }
  const checked: Preprocessing = {
    size,
    resize: oneOf(`${where}: resize`, given.resize ?? 'exact', resizes),
    interpolation: oneOf(`${where}: interpolation`, given.interpolation ?? 'bilinear', interpolations),
    mean: numbers(`${where}: mean`, given.mean, count, one, Number.NEGATIVE_INFINITY),
    std: numbers(`${where}: std`, given.std, count, `${one}, above 0`, 0),
    scale,
    channels,
  };
  const { shortestEdge, stretchedSize } = given;
  if (shortestEdge !== undefined && !isPixels(shortestEdge)) {
    refuse(`${where}: shortestEdge`, 'pixels, a whole number from 1 to 16384', shortestEdge);
  }
  return {
    ...checked,
    ...(shortestEdge !== undefined && { shortestEdge }),
    ...(stretchedSize !== undefined && {
      stretchedSize: sides(`${where}: stretchedSize`, stretchedSize),
    }),
  };
}

/**
 * The ImageNet convention: shorter edge to `size` × 256/224, centre crop, 0..1, mean (.485 .456 .406), std
 * (.229 .224 .225). One channel: the luminance-weighted mean .456 and std .225.
 *
 * @param size      `[height, width]` of the network's input.
 * @param channels  1 or 3.
 * @throws {CamError} `option` for another number of channels.
 */
export function defaultPreprocessing(size: readonly [number, number], channels: number): Preprocessing {
  if (channels !== 1 && channels !== 3) {
    throw new CamError(
      'option',
      `preprocessing: expected an input of 1 or 3 channels (grey or colour), got ${channels}. Pass tensors instead of pictures.`,
    );
  }
  return {
    size,
    resize: 'shortest',
    shortestEdge: defaultShortestEdge(size),
    interpolation: 'bilinear',
    mean: channels === 1 ? [0.456] : [0.485, 0.456, 0.406],
    std: channels === 1 ? [0.225] : [0.229, 0.224, 0.225],
    scale: 1 / 255,
    channels: channels === 1 ? 'GRAY' : 'RGB',
  };
}
