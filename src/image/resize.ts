import type { Preprocessing } from '../types.js';
import { resample, type Window } from './resample.js';

/** 8-bit samples, 1 to 4 channels interleaved: value of (x, y, c) at `(y · width + x) · channels + c`. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Resizes to `width × height` as PIL (and torchvision on PIL images) does, and returns the part of the result
 * inside `window`. Separable, rows first, antialiased when shrinking, with weights in 22-bit fixed point,
 * rounded to 8 bits after each axis. `nearest` takes the sample under the pixel's centre.
 *
 * Only the window is computed, so a thin picture whose resized form would be huge costs no more than its
 * crop.
 */
export function resize(
  source: Raster,
  width: number,
  height: number,
  interpolation: Preprocessing['interpolation'],
  window: Window = { x0: 0, y0: 0, x1: width, y1: height },
): Raster {
  const { channels } = source;
  const [w, h] = [window.x1 - window.x0, window.y1 - window.y0];
  const data = new Uint8Array(w * h * channels);
  resample({
    source,
    resized: { width, height },
    interpolation,
    window,
    canvas: { width: w, height: h, left: 0, top: 0 },
    load: ({ bytes, memory }, at, top, rows) => {
      const line = source.width * channels;
      const part = source.data.subarray(top * line, (top + rows) * line);
      // Each sample becomes the red of a pixel; the typed array's own conversion is the fastest way.
      if (channels === 1) new Uint32Array(memory.buffer, at, part.length).set(part);
      else
        for (let from = 0, to = at; from < part.length; to += 4)
          for (let c = 0; c < channels; c++) bytes[to + c] = part[from++];
    },
    extraBytes: () => 0,
    emit: ({ bytes }, { pixels, stride, top, rows }) => {
      for (let y = 0, to = top * w * channels; y < rows; y++)
        for (let x = 0, from = pixels + y * stride; x < w; x++, from += 4)
          for (let c = 0; c < channels; c++) data[to++] = bytes[from + c];
    },
  });
  return { data, width: w, height: h, channels };
}
