import { join } from 'node:path';
import { type Heat, type OverlayOptions, overlay } from '../../image/overlay.js';
import type { View } from '../../image/preprocess.js';
import type { PosterContent } from '../../poster/index.js';
import type { Explanation, Picture, SaliencyMap, Target } from '../../types.js';
import { partialName, writeAtomically } from '../files/files.js';
import { WrittenFiles } from '../files/written-files.js';
import { imageStem } from '../inputs/input.js';
import type { Job, OutputRows } from '../inputs/jobs.js';
import { npyHeader } from '../inputs/npy.js';
import { captioned } from './caption.js';
import { encodePicture, type PictureFormat } from './encode.js';
import { NpyWriter } from './npy-writer.js';
import { posterPng } from './poster.js';

export interface OutputOptions {
  /** Folder of the results; it exists. */
  readonly out: string;
  /** The record of the files written there, see `WrittenFiles`. */
  readonly noted: string;
  /** Formats in which overlays are written. */
  readonly pictures: readonly PictureFormat[];
  readonly npy: boolean;
  readonly raw: boolean;
  readonly weights: boolean;
  readonly overlay: Omit<OverlayOptions, 'box'>;
  /** Whether overlays of class-agnostic methods have a caption. */
  readonly caption: boolean;
  /** The name of the model for posters; missing where no posters are written. */
  readonly poster?: { readonly model: string };
  /** True where arrays have rows of several inputs. */
  readonly packed: boolean;
  /** True where several classes per image were requested: file names contain the class. */
  readonly severalTargets: boolean;
}

/** A layer's name as part of a file name. */
const sanitised = (layer: string): string =>
  layer.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '') || 'layer';

/**
 * The part of the file name for each layer: sanitised, numbered where two are equal; a single empty one
 * unless there are several layers.
 */
function layerParts(layers: readonly string[]): string[] {
  if (layers.length < 2) return [''];
  const seen = new Map<string, number>();
  return layers.map((layer) => {
    const name = sanitised(layer);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? `.${name}` : `.${name}-${count}`;
  });
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Matches what may follow the stem in the file names of an `OutputWriter`, for any model. Upper and lower
 * case count as equal.
 * @param layers  Layers that were requested by name.
 */
export function outputEndings(
  { pictures, poster, npy, raw, weights, severalTargets }: Omit<OutputOptions, 'noted'>,
  methods: readonly string[],
  layers: readonly string[],
): RegExp {
  const parts = layerParts(layers).map(quoted).join('|');
  const endings = [
    ...pictures.map((format) => `\\.${format}`),
    ...(npy ? ['\\.npy'] : []),
    ...(raw ? [`(?:${parts})\\.raw\\.npy`] : []),
    ...(weights ? [`(?:${parts})\\.weights\\.npy`] : []),
  ];
  const classes = severalTargets ? '(?:\\.class\\d+)?' : '';
  const ending = endings.length > 0 ? endings.join('|') : '(?!)';
  const ofMaps = `\\.(?:${methods.map(quoted).join('|')})${classes}(?:${ending})`;
  return new RegExp(`^(?:${ofMaps}${poster ? '|\\.poster\\.png' : ''})$`, 'i');
}

/** An array with rows of several images. */
export interface SharedArray {
  /** Relative to `out`. */
  readonly name: string;
  /** Shape of a row. */
  readonly row: readonly number[];
}

/** The files written for one map. */
export interface Written {
  readonly outputs: readonly string[];
  readonly shared: readonly SharedArray[];
}

/**
 * Writes results below `out`: `<stem>.<method>.png` (or `.jpg`, `.webp`) and `<stem>.poster.png` for each
 * image, and `<stem>.<method>.npy`, `.raw.npy` and `.weights.npy` with one row per image of the input (or of
 * the part, see `OutputRows`). An array of one row appears at once. An array of several rows stays `.partial`
 * until all of its images are done.
 */
export class OutputWriter {
  private readonly arrays = new Map<string, NpyWriter>();

  private readonly files: WrittenFiles;

  constructor(private readonly options: OutputOptions) {
    this.files = new WrittenFiles(options.out, options.noted);
  }

  /**
   * Writes one method's map of one image.
   * @param drawn  Draws the overlay; called only where a picture is needed.
   * @returns The files, relative to `out`, and those among them that other images will extend.
   */
  async write(job: Job, explanation: Explanation, map: SaliencyMap, drawn: () => Picture): Promise<Written> {
    const { options } = this;
    const { input, image, place } = job;
    if (input.kind === 'failed') return { outputs: [], shared: [] };
    const suffix = `.${map.method}${options.severalTargets ? `.${fileName(explanation.target)}` : ''}`;
    const outputs: string[] = [];
    for (const format of options.pictures) {
      const name = `${imageStem(input, image)}${suffix}.${format}`;
      const path = join(options.out, name);
      const isCaptioned = options.caption && map.classAgnostic && !options.overlay.heatOnly;
      const picture = isCaptioned ? await captioned(drawn()) : drawn();
      const bytes = await encodePicture(picture, format);
      await writeAtomically(path, bytes, partialName(path), this.files.finish);
      outputs.push(name);
    }
    const arrays: [name: string, row: readonly number[], values: Float32Array][] = [];
    if (options.npy) arrays.push([`${place.stem}${suffix}.npy`, map.shape, map.saliency]);
    const parts = layerParts(map.layers.map(({ layer }) => layer));
    map.layers.forEach(({ raw, weights }, i) => {
      const base = `${place.stem}${suffix}${parts[i]}`;
      if (options.raw) arrays.push([`${base}.raw.npy`, raw.shape, raw.data]);
      if (options.weights && weights) arrays.push([`${base}.weights.npy`, [weights.length], weights]);
    });
    for (const [name, shape, values] of arrays) {
      await this.writeRow(name, place, shape, values);
      outputs.push(name);
    }
    const shared = place.rows === 1 ? [] : arrays.map(([name, row]) => ({ name, row }));
    return { outputs, shared };
  }

  /**
   * Writes the poster of one image, with all its classes.
   * @returns The file, relative to `out`; `undefined` where no posters are written.
   */
  async writePoster(job: Job, content: Omit<PosterContent, 'model'>): Promise<readonly string[]> {
    const { out, poster, overlay: options } = this.options;
    if (!poster || job.input.kind === 'failed') return [];
    const name = `${imageStem(job.input, job.image)}.poster.png`;
    const path = join(out, name);
    const bytes = await posterPng({ ...content, ...poster }, options);
    await writeAtomically(path, bytes, partialName(path), this.files.finish);
    return [name];
  }

  private async writeRow(
    name: string,
    { rows, row }: OutputRows,
    shape: readonly number[],
    values: Float32Array,
  ): Promise<void> {
    const path = join(this.options.out, name);
    if (rows === 1) {
      const header = npyHeader([1, ...shape]);
      const body = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      await writeAtomically(path, Buffer.concat([header, body]), partialName(path), this.files.finish);
      return;
    }
    let array = this.arrays.get(name);
    if (!array) {
      array = new NpyWriter(path, rows, shape);
      this.arrays.set(name, array);
    }
    await array.write(row, values);
  }

  /** Closes the files that other images will extend. */
  async release(): Promise<void> {
    await Promise.all([...this.arrays.values()].map((array) => array.release())).finally(() =>
      this.files.close(),
    );
    this.arrays.clear();
  }
}

/** A map over its picture, drawn once and then kept. */
export function drawOnce(picture: Picture, heat: Heat, view: View, options: OverlayOptions): () => Picture {
  let drawn: Picture | undefined;
  return () => {
    drawn ??= overlay(picture, heat, view, options);
    return drawn;
  };
}

/** A target in file names: `class3`, `box-0`. */
const fileName = ({ name, index }: Target): string =>
  name === undefined ? `class${index}` : name.replace(/[^\w.-]+/g, '-').slice(0, 64);
