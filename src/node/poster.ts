import type { OverlayOptions } from '../image/index.js';
import type { PosterContent } from '../poster/index.js';
import { dataUrl, rasterise } from './encode.js';

/** A poster as PNG, see `posterSvg` of `onnx-cam/poster`. It needs no fonts on the machine. */
export async function posterPng(content: PosterContent, options?: OverlayOptions): Promise<Uint8Array> {
  // Loaded with the first poster: it brings a font.
  const { posterSvg } = await import('../poster/index.js');
  return rasterise(await posterSvg(content, dataUrl, options));
}
