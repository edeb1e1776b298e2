import type { OverlayOptions } from '../../image/index.js';
import type { PosterContent } from '../../poster/index.js';
import { dataUrl, type PictureFormat, rasterise } from './encode.js';

/** A poster as PNG, see `posterSvg` of `onnx-cam/poster`. It needs no fonts on the machine. */
export const posterPng = (content: PosterContent, options?: OverlayOptions): Promise<Uint8Array> =>
  posterPicture(content, 'png', options);

/** The same in any format. */
export async function posterPicture(
  content: PosterContent,
  format: PictureFormat,
  options?: OverlayOptions,
): Promise<Uint8Array> {
  // Loaded with the first poster, because it contains a font.
  const { posterSvg } = await import('../../poster/index.js');
  return rasterise(await posterSvg(content, dataUrl, options), format);
}
