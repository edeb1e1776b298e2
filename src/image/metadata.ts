/**
 * Preprocessing and labels from a model's own metadata: those that Ultralytics writes, and ONNX's own keys
 * for images.
 */
import type { Preprocessing } from '../types.js';
import { defaultPreprocessing } from './preprocessing.js';

export interface MetadataSettings {
  readonly preprocessing?: Preprocessing;
  readonly labels?: readonly string[];
  /** Who writes such metadata. */
  readonly writer: string;
}

/** Shape of the model's input. Dynamic dimensions are `undefined`. */
export interface InputShape {
  readonly channels: number;
  readonly height?: number;
  readonly width?: number;
}

/** The ranges that metadata name, as the scale, mean and standard deviation that map 0..255 to them. */
const ranges: ReadonlyMap<string, readonly [scale: number, mean: number, std: number]> = new Map([
  ['NominalRange_0_255', [1, 0, 1]],
  ['Normalized_0_1', [1 / 255, 0, 1]],
  ['Normalized_1_1', [1 / 255, 0.5, 0.5]],
]);

/**
 * Preprocessing and labels from the metadata, as far as these are supported.
 * - Ultralytics' `names`, a Python dict: labels. With `task` `classify`: the shorter edge is resized to the
 *   input's (`imgsz` where that is dynamic), the centre is cropped, and values are 0..1. Where height and
 *   width differ, the picture is stretched.
 * - ONNX's `Image.BitmapPixelFormat` and `Image.NominalPixelRange`: channel order and range of values.
 *   Resizing follows the ImageNet convention.
 */
export function metadataSettings(
  metadata: ReadonlyMap<string, string>,
  input: InputShape,
): MetadataSettings | undefined {
  return ultralytics(metadata, input) ?? onnxImage(metadata, input);
}

const sizeOf = (
  { height, width }: InputShape,
  [h, w]: readonly number[] = [],
): readonly [number, number] | undefined => {
  const size = [height ?? h, width ?? w] as const;
  const [rows, columns] = size;
  return rows !== undefined && columns !== undefined ? [rows, columns] : undefined;
};

function ultralytics(metadata: ReadonlyMap<string, string>, input: InputShape): MetadataSettings | undefined {
  const names = metadata.get('names');
  const labels = names === undefined ? undefined : pythonNames(names);
  const size = sizeOf(input, imageSize(metadata.get('imgsz')));
  const classifies = metadata.get('task') === 'classify' && size && isColour(input);
  if (!classifies) return labels && { labels, writer: 'Ultralytics' };
  const { shortestEdge: _, ...usual } = defaultPreprocessing(size, input.channels);
  const [height, width] = size;
  const preprocessing: Preprocessing = {
    ...usual,
    ...plainValues(usual, [1 / 255, 0, 1]),
    ...(height === width ? { resize: 'shortest', shortestEdge: height } : { resize: 'exact' }),
  };
  return { preprocessing, ...(labels && { labels }), writer: 'Ultralytics' };
}

const isColour = ({ channels }: InputShape): boolean => channels === 1 || channels === 3;

const plainValues = (
  { mean }: Preprocessing,
  [scale, m, s]: readonly [number, number, number],
): Pick<Preprocessing, 'scale' | 'mean' | 'std'> => ({
  scale,
  mean: mean.map(() => m),
  std: mean.map(() => s),
});

function onnxImage(metadata: ReadonlyMap<string, string>, input: InputShape): MetadataSettings | undefined {
  const range = ranges.get(metadata.get('Image.NominalPixelRange') ?? '');
  const format = metadata.get('Image.BitmapPixelFormat') ?? '';
  const size = sizeOf({ height: 224, width: 224, ...input });
  if (!range || !size || !isColour(input)) return undefined;
  const usual = defaultPreprocessing(size, input.channels);
  const channels = usual.channels === 'RGB' && format.startsWith('Bgr') ? 'BGR' : usual.channels;
  return { preprocessing: { ...usual, ...plainValues(usual, range), channels }, writer: 'ONNX' };
}

const LONGEST_SIDE = 16384;

/** `[224, 224]`, or one number for both. */
function imageSize(text: string | undefined): readonly number[] | undefined {
  const sides = text?.match(/^\s*[[(]?\s*(\d{1,5})\s*(?:,\s*(\d{1,5})\s*)?,?\s*[\])]?\s*$/);
  if (!sides) return undefined;
  const height = Number(sides[1]);
  const width = Number(sides[2] ?? sides[1]);
  const fits = [height, width].every((side) => side > 0 && side <= LONGEST_SIDE);
  return fits ? [height, width] : undefined;
}

/** One entry of a Python dict or list of names: its key, if any, and its quoted text. */
const ENTRY = /\s*(?:(\d{1,9})\s*:\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/y;

/**
 * The names in `{0: 'tench', 1: "Bohemian's", …}` or `['a', 'b']`, as Python or JSON print them, in class
 * order. `undefined` for anything else.
 */
export function pythonNames(text: string): readonly string[] | undefined {
  const inner = /^\s*[{[]([\s\S]*)[}\]]\s*$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const names = new Map<number, string>();
  // JSON quotes its keys.
  const entries = inner.replace(/(^|,)(\s*)"(\d{1,9})"(\s*:)/g, '$1$2$3$4').trimEnd();
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < entries.length) {
    const found = ENTRY.exec(entries);
    if (!found) return undefined;
    const [, key, single, double] = found;
    names.set(key === undefined ? names.size : Number(key), unescaped(single ?? double ?? ''));
  }
  const labels = Array.from({ length: names.size }, (_, index) => names.get(index));
  return labels.length > 0 && labels.every((label) => label !== undefined) ? labels : undefined;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const unescaped = (text: string): string =>
  text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([\s\S]))/gi, (_, x?: string, u?: string, one?: string) =>
    one === undefined ? String.fromCharCode(Number.parseInt(x ?? u ?? '', 16)) : (escapes[one] ?? one),
  );
