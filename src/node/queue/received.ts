import { join, relative, sep } from 'node:path';
import { colorMapNames, validatePreprocessing } from '../../image/index.js';
import type { Preprocessing } from '../../types.js';
import { MAX_BYTES } from '../inputs/archive.js';
import type { ArchiveEntry, TarEntry, ZipEntry } from '../inputs/archive-entry.js';
import {
  type FailedInput,
  type Input,
  imageCount,
  type PictureInput,
  type TensorInput,
} from '../inputs/input.js';
import type { JobTarget, OutputRows, Shard } from '../inputs/jobs.js';
import type { NpyImages } from '../inputs/npy.js';
import { activations, backends, binCounts, boxForms, runtimes, scores } from '../options/values.js';
import { pictureFormats } from '../outputs/encode.js';
import type { RunPlan } from '../run/plan.js';
import {
  anyText,
  type Check,
  digested,
  flag,
  fullPath,
  list,
  object,
  oneOf,
  optional,
  refuse,
  text,
  whole,
} from './check.js';
import type { ShardImage, ShardPayload } from './payload.js';

/** A path below the folder of results. */
const OUT = join(sep, 'out');

/** The name of an output: a path below the folder of results once an ending is appended. */
const stem = text('a name below the folder of results', (value) => {
  const path = relative(OUT, join(OUT, `${value}.x`))
    .split(sep)
    .join('/');
  return (
    value !== '' &&
    !value.includes('\0') &&
    `${value}.x`.replaceAll(sep, '/') === path &&
    !path.startsWith('../')
  );
});

const entry: Check<ArchiveEntry> = (value, where) => {
  const place = { archive: fullPath, offset: whole(0), size: whole(0, MAX_BYTES) };
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  return kind === 'tar'
    ? object<TarEntry>({ kind: oneOf(['tar']), ...place })(value, where)
    : object<ZipEntry>({
        kind: oneOf(['zip']),
        ...place,
        compressedSize: whole(0, MAX_BYTES),
        deflated: flag,
        crc32: whole(0, 2 ** 32 - 1),
      })(value, where);
};

/** Bytes of one image, limited by what a typed array holds. */
const IMAGE_BYTES = 2 ** 31;

const images: Check<NpyImages> = (value, where) => {
  const found = object<NpyImages>({
    path: fullPath,
    shape: list(whole(1)),
    offset: whole(0),
    count: whole(1),
    imageShape: (sides, at) => {
      const [c, h, w, ...more] = list(whole(1))(sides, at);
      return more.length === 0 && 4 * c * h * w <= IMAGE_BYTES
        ? [c, h, w]
        : refuse(at, '[C, H, W], 2 GiB at most', sides);
    },
  })(value, where);
  const [c, h, w] = found.imageShape;
  const expected = found.shape.length === 3 ? [c, h, w] : [found.count, c, h, w];
  if (found.shape.join() !== expected.join())
    refuse(`${where}.shape`, `[${expected.join(', ')}]`, found.shape);
  return found;
};

const inputOf: Check<Input> = (value, where) => {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (kind === 'picture')
    return object<PictureInput>({ kind: oneOf(['picture']), path: fullPath, stem, entry: optional(entry) })(
      value,
      where,
    );
  if (kind === 'failed')
    return object<FailedInput>({ kind: oneOf(['failed']), path: fullPath, error: anyText })(value, where);
  const input = object<TensorInput>({ kind: oneOf(['tensor']), path: fullPath, stem, images })(value, where);
  if (input.images.path !== input.path)
    refuse(`${where}.images.path`, 'the path of the input', input.images.path);
  return input;
};

const target: Check<JobTarget> = (value, where) => {
  if (typeof value === 'number') return whole(0)(value, where);
  if (typeof value !== 'object') return text('a class index, a label or another target')(value, where);
  return object<{ readonly like: readonly number[]; readonly name?: string }>({
    like: list((number, at) =>
      typeof number === 'number' && Number.isFinite(number) ? number : refuse(at, 'a finite number', number),
    ),
    name: optional(anyText),
  })(value, where);
};

const files: Check<Readonly<Record<string, string>>> = (value, where) => {
  if (typeof value !== 'object' || value === null) return refuse(where, 'paths by name', value);
  return Object.fromEntries(
    Object.entries(value).map(([name, path]) => [name, fullPath(path, `${where}.${name}`)]),
  );
};

const image = object<ShardImage>({
  index: whole(0),
  input: whole(0),
  image: whole(0),
  targets: list(target),
  place: object<OutputRows>({ stem: text('a name'), rows: whole(1), row: whole(0) }),
});

const preprocessing: Check<Preprocessing> = (value, where) => {
  if (typeof value !== 'object' || value === null) return refuse(where, 'an object', value);
  const read = validatePreprocessing(`queue: ${where}`, value);
  const unknown = Object.keys(value).find((name) => !(name in read));
  return unknown === undefined
    ? read
    : refuse(where, `no field but ${Object.keys(read).join(', ')}`, unknown);
};

const planOf = (methods: readonly string[]): Check<RunPlan> =>
  object<RunPlan>({
    model: fullPath,
    methods: list(oneOf(methods)),
    methodOptions: object<RunPlan['methodOptions']>({
      bins: optional(oneOf(binCounts)),
      resolution: optional(whole(1)),
      region: optional(whole(1)),
      channels: optional(whole(1)),
    }),
    explainer: object<RunPlan['explainer']>({
      layers: optional(list(anyText)),
      backend: optional(oneOf(backends)),
      runtime: optional(oneOf(runtimes)),
      preprocessing: optional(preprocessing),
      preprocessingSource: optional(anyText),
      labels: optional(list(anyText)),
      labelsSource: optional(anyText),
      output: optional(anyText),
      target: optional(list(target)),
      boxes: optional(oneOf(boxForms)),
      picture: optional(anyText),
      inputs: optional(files),
      activation: optional(oneOf(activations)),
      activationSource: optional(anyText),
      score: optional(oneOf(scores)),
      closedForms: optional(flag),
      unservable: optional(oneOf(['error', 'skip'])),
      calm: optional(object({ scores: anyText, attention: anyText })),
      eigenSmooth: optional(flag),
      threads: optional(whole(1)),
    }),
    unit: object<RunPlan['unit']>({
      cards: flag,
      augment: flag,
      preprocessing: optional(preprocessing),
      output: object<RunPlan['unit']['output']>({
        out: fullPath,
        pictures: list(oneOf(pictureFormats)),
        npy: flag,
        raw: flag,
        weights: flag,
        packed: flag,
        severalTargets: flag,
        caption: flag,
        poster: optional(object({ model: anyText })),
        overlay: object<RunPlan['unit']['output']['overlay']>({
          colormap: optional(oneOf(colorMapNames)),
          alpha: optional((value, where) =>
            typeof value === 'number' && value >= 0 && value <= 1
              ? value
              : refuse(where, 'a number from 0 to 1', value),
          ),
          heatOnly: optional(flag),
          frame: optional(flag),
        }),
      }),
    }),
    batch: optional(whole(1)),
    mayLeaveGpu: flag,
    identity: object<RunPlan['identity']>({
      ...{ options: digested, inputs: digested },
      ...{ model: digested, preprocessing: digested, labels: digested },
    }),
  });

/**
 * Checks that images fit their inputs, and rows their arrays: a shard has all rows of an array, each once.
 */
function checkImages({ images: all, inputs, plan }: ShardPayload): void {
  const rows = new Map<string, Set<number>>();
  for (const [at, { input: number, image: position, place }] of all.entries()) {
    const where = `images[${at}]`;
    const input = inputs[number];
    if (!input) refuse(`${where}.input`, `one of ${inputs.length} inputs`, number);
    if (position >= imageCount(input))
      refuse(`${where}.image`, `one of ${imageCount(input)} images`, position);
    if (plan.unit.output.packed) {
      if (!/^part-\d{5,}$/.test(place.stem)) refuse(`${where}.place.stem`, 'the name of a part', place.stem);
    } else {
      const own = input.kind === 'failed' ? input.path : input.stem;
      if (place.stem !== own) refuse(`${where}.place.stem`, `"${own}"`, place.stem);
      if (place.row !== position) refuse(`${where}.place.row`, String(position), place.row);
      if (input.kind === 'failed') continue;
    }
    const seen = rows.get(place.stem) ?? new Set();
    if (place.row >= place.rows || seen.has(place.row))
      refuse(`${where}.place.row`, 'each row once', place.row);
    rows.set(place.stem, seen.add(place.row));
  }
  for (const [at, { place }] of all.entries()) {
    const count = rows.get(place.stem)?.size ?? 1;
    if (place.rows !== count)
      refuse(`images[${at}].place.rows`, `${count}, as many as the shard has`, place.rows);
  }
  if (new Set(all.map(({ index }) => index)).size < all.length)
    refuse('images', 'each image once', all.length);
}

/**
 * Validates a payload from the queue as strictly as command-line options: whoever can write to Redis can
 * write anything there.
 * @param own      The version of this package; payloads of another version may have other fields.
 * @param methods  Names of the methods that exist.
 * @throws {CamError} `option`, naming the field.
 */
export function received(data: unknown, own: string, methods: readonly string[]): ShardPayload {
  const version = typeof data === 'object' && data !== null && 'version' in data ? data.version : undefined;
  if (version !== own) {
    refuse(
      'version',
      `onnx-cam ${own}, which this worker is (install the same version on all machines)`,
      version,
    );
  }
  const payload = object<ShardPayload>({
    version: anyText,
    run: digested,
    shard: (value, where): Shard => {
      const { index, count } = object<Shard>({ index: whole(1), count: whole(1) })(value, where);
      return index <= count
        ? { index, count }
        : refuse(`${where}.index`, `a number from 1 to ${count}`, index);
    },
    plan: planOf(methods),
    embedded: flag,
    force: flag,
    workers: optional(whole(1)),
    inputs: list(inputOf),
    images: list(image),
  })(data, 'payload');
  const { backend, runtime } = payload.plan.explainer;
  if (runtime === 'webgpu' && backend !== 'webgpu')
    refuse('payload.plan.explainer.backend', '"webgpu", as the runtime', backend);
  checkImages(payload);
  return payload;
}
