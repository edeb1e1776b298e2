/**
 * Hugging Face's `preprocessor_config.json`, interpreted as `transformers` does. Pure functions of parsed
 * JSON.
 */
import { CamError } from '../errors.js';
import type { Preprocessing } from '../types.js';
import { foreignFields } from './hugging-face-fields.js';
import { fillsNull, type Processor, processorOf, whyApart } from './hugging-face-processors.js';
import { isObject, type Json, refuse } from './json.js';
import { shown, validatePreprocessing } from './preprocessing.js';

/** PIL's numbers for its filters. */
const resample: ReadonlyMap<unknown, Preprocessing['interpolation']> = new Map([
  [0, 'nearest'],
  [2, 'bilinear'],
  [3, 'bicubic'],
]);

/** ConvNeXt's processor crops where the shortest edge is below this, and stretches from there on. */
const CONVNEXT_CROPS_BELOW = 384;

/** A processor's file, plus its class's defaults for the fields that the file leaves out. */
class Fields {
  readonly processor?: Processor;
  private readonly type?: string;

  constructor(
    readonly where: string,
    readonly file: Json,
  ) {
    const type = file.image_processor_type ?? file.feature_extractor_type;
    if (typeof type !== 'string') return;
    this.type = type;
    this.processor = processorOf(type);
  }

  /** @throws {CamError} `option` for a class or a field that may change pictures in an unknown way. */
  expectKnown(): void {
    const { type, where, processor } = this;
    const why = type && whyApart(type);
    if (why)
      throw new CamError(
        'option',
        `${where}: image_processor_type: ${type} ${why}, which is not supported. ${OWN_FILE}`,
      );
    const [field] = foreignFields(this.file, processor?.flips);
    if (field !== undefined)
      throw new CamError(
        'option',
        `${where}: ${field}: expected a supported field (this one may change the pixels), got ${shown(this.file[field])}. Remove it if it does not. ${OWN_FILE}`,
      );
  }

  /**
   * A switch: the file's value, else `otherwise`. `null` means off or the class's default, depending on the
   * class.
   */
  is(name: string, otherwise: boolean): boolean {
    const value = this.file[name];
    if (value === undefined) return otherwise;
    if (typeof value === 'boolean') return value;
    if (value !== null) return refuse(`${this.where}: ${name}`, 'true or false', value);
    if (otherwise && this.processor && this.type && fillsNull(this.type))
      return refuse(
        `${this.where}: ${name}`,
        `true or false (${this.type} takes null for true, other readers for false)`,
        value,
      );
    return false;
  }

  /** One number per channel. A single number is repeated for all. */
  perChannel(name: string, otherwise: readonly number[] | undefined): unknown {
    const value = this.file[name] ?? otherwise;
    if (value === undefined)
      return refuse(
        `${this.where}: ${name}`,
        'one number per channel (or "do_normalize": false)',
        this.file[name],
      );
    return typeof value === 'number' ? [value, value, value] : value;
  }
}

const OWN_FILE = 'Or give size, mean and std in a file of your own (--preprocess).';

/** `height` and `width` from `{height, width}`, `[height, width]` or one number for both. */
function both(where: string, value: unknown): readonly [unknown, unknown] {
  if (typeof value === 'number') return [value, value];
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]];
  if (isObject(value) && 'height' in value && 'width' in value) return [value.height, value.width];
  return refuse(where, '{"height": …, "width": …} or one number', value);
}

/** `size` as the length of the shorter edge, or as height and width. */
function sizeOf({ where, file, processor }: Fields, crops: boolean): number | readonly [unknown, unknown] {
  const size = file.size ?? processor?.size;
  if (isObject(size)) {
    const { shortest_edge: shortest, longest_edge: longest } = size;
    if (longest !== undefined && longest !== null)
      return refuse(`${where}: size`, '{"height": …, "width": …} or one number, no longest_edge', size);
    if (typeof shortest === 'number') return shortest;
  }
  if (typeof size === 'number') {
    const square = file.default_to_square ?? processor?.square ?? !(crops || hasCropPct(file));
    if (square !== true) return size;
  }
  return both(`${where}: size`, size);
}

const hasCropPct = ({ crop_pct: pct }: Json): boolean => pct !== undefined && pct !== null;

/** The share of the resized picture's edge that the crop keeps. */
function cropPct({ where, file, processor }: Fields): number | undefined {
  const pct = file.crop_pct ?? processor?.cropPct;
  if (pct === undefined) return undefined;
  if (typeof pct === 'number' && pct > 0 && pct <= 1) return pct;
  return refuse(`${where}: crop_pct`, 'a number above 0, at most 1', pct);
}

type Geometry = { readonly [K in 'size' | 'resize' | 'shortestEdge' | 'stretchedSize']?: unknown };

function geometry(fields: Fields): Geometry {
  const { where, file, processor } = fields;
  const hasCrop = file.crop_size !== undefined && file.crop_size !== null;
  const crops = fields.is('do_center_crop', processor ? processor.crop !== undefined : hasCrop);
  const cropSize = hasCrop ? file.crop_size : processor?.crop;
  const size = sizeOf(fields, crops);
  if (!fields.is('do_resize', true)) {
    if (crops) refuse(`${where}: do_resize`, 'true (pictures of any size are resized to the input)', false);
    return { size: typeof size === 'number' ? [size, size] : size, resize: 'exact' };
  }
  const crop = crops ? both(`${where}: crop_size`, cropSize) : undefined;
  const way = processor ? processor.edge : hasCropPct(file) ? 'crop-pct below 384' : undefined;
  if (way === 'crop-pct below 384' && typeof size === 'number') {
    return size < CONVNEXT_CROPS_BELOW
      ? { size: [size, size], resize: 'shortest', shortestEdge: Math.trunc(size / (cropPct(fields) ?? 1)) }
      : { size: [size, size], resize: 'exact' };
  }
  if (way === 'crop-pct') return poolFormer(fields, size, crop);
  if (typeof size !== 'number') return stretched(size, crop);
  if (!crop)
    return refuse(
      `${where}: crop_size`,
      'the size of the centre crop (with size.shortest_edge alone the input has no fixed size)',
      file.crop_size,
    );
  const shortestEdge = way === '256/224' ? Math.trunc((256 / 224) * size) : size;
  return { size: crop, resize: 'shortest', shortestEdge };
}

/**
 * PoolFormer: both edges are divided by `crop_pct`, and the crop is taken from the result. A square counts as
 * its edge.
 */
function poolFormer(
  fields: Fields,
  size: number | readonly [unknown, unknown],
  crop: readonly [unknown, unknown] | undefined,
): Geometry {
  const pct = cropPct(fields) ?? 1;
  const larger = (edge: unknown): unknown => (typeof edge === 'number' ? Math.trunc(edge / pct) : edge);
  if (typeof size !== 'number' && size[0] !== size[1]) return stretched(size.map(larger), crop);
  if (!crop)
    return refuse(`${fields.where}: do_center_crop`, 'true (else the input has no fixed size)', false);
  return {
    size: crop,
    resize: 'shortest',
    shortestEdge: larger(typeof size === 'number' ? size : size[0]),
  };
}

function stretched(size: readonly unknown[], crop: readonly unknown[] | undefined): Geometry {
  if (!crop || shown(crop) === shown(size)) return { size, resize: 'exact' };
  return { size: crop, resize: 'exact', stretchedSize: size };
}

type Values = { readonly [K in 'mean' | 'std' | 'scale' | 'channels']?: unknown };

const isNumbers = (x: unknown): x is readonly number[] =>
  Array.isArray(x) && x.length > 0 && x.every((v) => typeof v === 'number');

function values(fields: Fields): Values {
  const { where, file, processor } = fields;
  const neverNormalises = processor !== undefined && !processor.mean;
  if (!processor && file.do_normalize === undefined && (file.image_mean ?? undefined) === undefined)
    refuse(`${where}: do_normalize`, 'true or false (there is no image_mean either)', undefined);
  const normalises = fields.is('do_normalize', !neverNormalises);
  if (normalises && neverNormalises)
    refuse(`${where}: do_normalize`, `false (${processor.name}'s processor never normalises)`, true);
  const rescales = fields.is('do_rescale', true);
  const includesTop = fields.is('include_top', processor?.includesTop === true);
  const mean = normalises ? fields.perChannel('image_mean', processor?.mean) : [0, 0, 0];
  const std = normalises || includesTop ? fields.perChannel('image_std', processor?.std) : [1, 1, 1];
  const scale = rescales ? (file.rescale_factor ?? 1 / 255) : 1;
  // Values that are not numbers stay as they are: the final validation names them.
  if (!isNumbers(mean) || !isNumbers(std)) return { mean, std, scale, channels: 'RGB' };
  // With `rescale_offset` the values are -1..1 before normalisation: (x·f - 1 - m)/s = (x·f - (m + 1))/s.
  const offset = fields.is('rescale_offset', false) && rescales ? 1 : 0;
  // With `include_top` the quotient is divided by s once more.
  const power = includesTop && normalises ? 2 : 1;
  // The flip is the last step, so mean and std are in the order red, green, blue.
  const flips = fields.is('do_flip_channel_order', processor?.flips === true);
  if (flips && mean.length !== 3) refuse(`${where}: do_flip_channel_order`, 'false for one channel', true);
  const ordered = (list: readonly number[]) => (flips ? list.toReversed() : list);
  return {
    mean: ordered(mean.map((m) => m + offset)),
    std: ordered(std.map((s) => s ** power)),
    scale,
    channels: mean.length === 1 ? 'GRAY' : flips ? 'BGR' : 'RGB',
  };
}

/**
 * The preprocessing of Hugging Face's `preprocessor_config.json`. Supported: resize to a size or a shortest
 * edge, centre crop, `crop_pct` of ConvNeXt and PoolFormer, LeViT's larger edge, the filters nearest,
 * bilinear and bicubic, rescaling with or without offset, normalisation, EfficientNet's second normalisation
 * (`include_top`), and the order BGR. Fields that a file leaves out have their class's defaults.
 * @throws {CamError} `option`, naming the field, for what cannot be reproduced exactly, and for unknown
 *   fields that may change pixels.
 */
export function huggingFacePreprocessing(where: string, file: Json): Preprocessing {
  const fields = new Fields(where, file);
  fields.expectKnown();
  const number = file.resample ?? fields.processor?.resample ?? 2;
  const interpolation = resample.get(number);
  if (!interpolation) refuse(`${where}: resample`, '0 (nearest), 2 (bilinear) or 3 (bicubic)', number);
  return validatePreprocessing(where, { ...geometry(fields), interpolation, ...values(fields) });
}
