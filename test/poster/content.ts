import sharp from 'sharp';
import { dataUrl, rasterise } from '../../src/node/outputs/encode.js';
import { type PosterContent, posterSvg } from '../../src/poster/index.js';
import type { Explanation, Picture, SaliencyMap } from '../../src/types.js';

export const plain = (width: number, height: number, value = 128): Picture => {
  const data = new Uint8Array(width * height * 4).fill(value);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width, height };
};

/** A map `[8, 8]` that grows to the right, from 0 to `scale`. */
export function ramp(
  method: string,
  more: Partial<SaliencyMap> & { readonly scale?: number } = {},
): SaliencyMap {
  const { scale = 1, ...rest } = more;
  const saliency = Float32Array.from({ length: 64 }, (_, i) => ((i % 8) / 7) * scale);
  const raw = { data: saliency, shape: [8, 8] } as const;
  return {
    method,
    saliency,
    shape: [8, 8],
    layers: [{ layer: 'conv5', raw }],
    raw,
    classAgnostic: false,
    diagnostics: [],
    milliseconds: 1,
    wholeMilliseconds: 1,
    ...rest,
  };
}

export const explained = (
  index: number,
  label: string | undefined,
  score: number,
  ...maps: readonly SaliencyMap[]
): Explanation => ({
  image: 0,
  target: { index, label, score },
  maps: Object.fromEntries(maps.map((map) => [map.method, map])),
  scores: new Float32Array(4),
  probabilities: new Float64Array(4),
  activation: 'softmax',
  backend: 'wasm',
  runtime: 'fake runtime',
});

/** A poster's content. By default a grey picture of 300 × 200 that the network sees whole. */
export function poster(
  explanations: readonly Explanation[],
  more: Partial<PosterContent> = {},
): PosterContent {
  const picture = more.picture ?? plain(300, 200);
  const view = { x: 0, y: 0, width: picture.width, height: picture.height };
  return { name: 'photo.jpg', model: 'model.onnx', picture, view, explanations, ...more };
}

/** An element with its attributes. */
export interface Found {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** The start tags of an SVG, in order. */
export const elementsOf = (svg: string): Found[] =>
  Array.from(svg.matchAll(/<([a-zA-Z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*)\/?>/g), ([, name, list]) => ({
    name,
    attributes: Object.fromEntries(
      Array.from(list.matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g), ([, key, value]) => [key, unescaped(value)]),
    ),
  }));

/** The lines of text, in order. */
export const linesOf = (svg: string): string[] =>
  elementsOf(svg).flatMap(({ name, attributes }) => (name === 'path' ? [attributes['aria-label']] : []));

/** The tiles, in order. */
export const tilesOf = (svg: string) =>
  elementsOf(svg)
    .filter(({ name, attributes }) => name === 'svg' && attributes.x !== undefined)
    .map(({ attributes: { x, y, width, height } }) => ({ x: +x, y: +y, width: +width, height: +height }));

export async function drawn(content: PosterContent, options?: Parameters<typeof posterSvg>[2]) {
  const svg = await posterSvg(content, dataUrl, options);
  const { data, info } = await sharp(await rasterise(svg))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => {
    const from = (Math.round(y) * info.width + Math.round(x)) * info.channels;
    return [...data.subarray(from, from + 3)];
  };
  return { svg, at, width: info.width, height: info.height };
}
