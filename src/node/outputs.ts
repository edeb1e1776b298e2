import { join } from 'node:path';
import { type Heat, type OverlayOptions, overlay, type View } from '../image/index.js';
import type { Explanation, Picture, SaliencyMap } from '../types.js';
import { encodePng } from './decode.js';
import { writeAtomically } from './files.js';
import { imageCount, imageStem, type PictureInput, type TensorInput } from './inputs.js';
import { NpyWriter } from './npy.js';

export interface OutputOptions {
  /** Folder of the results; exists. */
  readonly out: string;
  readonly png: boolean;
  readonly npy: boolean;
  readonly raw: boolean;
  readonly weights: boolean;
  readonly overlay: OverlayOptions;
  /** True where several classes were asked for per image: files of class-specific methods carry the class. */
  readonly severalTargets: boolean;
}

/** A layer's name as part of a file name. */
const sanitised = (layer: string): string =>
  layer.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '') || 'layer';

/** One file name part per layer: sanitised, numbered where two become the same; empty for a single layer. */
export function layerParts(layers: readonly string[]): string[] {
  if (layers.length === 1) return [''];
  const seen = new Map<string, number>();
  return layers.map((layer) => {
    const name = sanitised(layer);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? `.${name}` : `.${name}-${count}`;
  });
}

/**
 * Writes the results of one input below `out`: `<stem>.<method>.png` per image, and `<stem>.<method>.npy`, `.raw.npy` and
 * `.weights.npy` with one row per image of the input. An input's arrays appear when it is closed; rows of images that failed, or that
 * a class was not asked of, are NaN.
 */
export class InputWriter {
  private readonly arrays = new Map<string, NpyWriter>();

  constructor(
    private readonly input: PictureInput | TensorInput,
    private readonly options: OutputOptions,
  ) {}

  /**
   * Writes one method's map of one image.
   * @param drawn  Gives the overlay; called only where a PNG is wanted.
   * @returns The files, relative to `out`.
   */
  async write(
    image: number,
    explanation: Explanation,
    map: SaliencyMap,
    drawn: () => Picture,
  ): Promise<readonly string[]> {
    const { options, input } = this;
    const named = options.severalTargets && !map.classAgnostic;
    const suffix = `.${map.method}${named ? `.class${explanation.target.index}` : ''}`;
    const outputs: string[] = [];
    if (options.png) {
      const name = `${imageStem(input, image)}${suffix}.png`;
      await writeAtomically(join(options.out, name), await encodePng(drawn()));
      outputs.push(name);
    }
    const rows: [name: string, row: readonly number[], values: Float32Array][] = [];
    if (options.npy) rows.push([`${input.stem}${suffix}.npy`, map.shape, map.saliency]);
    const parts = layerParts(map.layers.map(({ layer }) => layer));
    map.layers.forEach(({ raw, weights }, i) => {
      const base = `${input.stem}${suffix}${parts[i]}`;
      if (options.raw) rows.push([`${base}.raw.npy`, raw.shape, raw.data]);
      if (options.weights && weights) rows.push([`${base}.weights.npy`, [weights.length], weights]);
    });
    for (const [name, row, values] of rows) {
      await this.array(name, row).write(image, values);
      outputs.push(name);
    }
    return outputs;
  }

  private array(name: string, row: readonly number[]): NpyWriter {
    let array = this.arrays.get(name);
    if (!array) {
      array = new NpyWriter(join(this.options.out, name), imageCount(this.input), row);
      this.arrays.set(name, array);
    }
    return array;
  }

  /** Closes every array, also where one fails; throws the first failure. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled([...this.arrays.values()].map((array) => array.close()));
    this.arrays.clear();
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }
}

/** A map over its picture, drawn once however often it is asked for. */
export function drawOnce(
  picture: Picture,
  map: Heat & Pick<SaliencyMap, 'values'>,
  view: View,
  options: OverlayOptions,
): () => Picture {
  let drawn: Picture | undefined;
  return () => {
    drawn ??= overlay(picture, heatOf(map), view, {
      ...options,
      ...(map.values === 'differences' && { colormap: 'diverging' as const }),
    });
    return drawn;
  };
}

/** Probabilities are small: for the eye they are shown as shares of the largest. The files keep them as they are. */
function heatOf({ saliency, shape, values }: Heat & Pick<SaliencyMap, 'values'>): Heat {
  const largest = values ? saliency.reduce((most, value) => Math.max(most, Math.abs(value)), 0) : 0;
  return largest > 0 ? { saliency: saliency.map((value) => value / largest), shape } : { saliency, shape };
}
