import type { Preprocessing } from '../../src/types.js';

/** 8-bit samples, channels interleaved: value of (x, y, c) at `(y · width + x) · channels + c`. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** `[x0, x1) × [y0, y1)`, pixels. */
interface Window {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

interface Filter {
  /** Half width of the kernel, in samples of the coarser grid. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const triangle: Filter = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Keys' cubic with a = -0.5, which PIL uses (OpenCV and torch take -0.75). */
const cubic: Filter = {
  support: 2,
  weight: (x) => {
    const a = -0.5;
    const d = Math.abs(x);
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
  },
};

/** Fixed-point bits of a weight: 8 bits of sample and 2 of overshoot leave 22 of 32. */
const PRECISION = 22;

interface Taps {
  /** Per output sample: first input sample, and how many. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `[outputs, width]`. */
  readonly weights: Int32Array;
  readonly width: number;
}

function taps(input: number, output: number, from: number, to: number, filter: Filter): Taps {
  const scale = input / output;
  // Shrinking widens the kernel to cover all input samples of an output sample: this is the antialiasing.
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const width = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to - from);
  const count = new Int32Array(to - from);
  const weights = new Int32Array((to - from) * width);
  const exact = new Float64Array(width);
  for (let i = 0; i < to - from; i++) {
    const centre = (from + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const n = Math.min(input, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      exact[k] = filter.weight((start + k - centre + 0.5) / stretch);
      sum += exact[k];
    }
    for (let k = 0; k < n; k++) {
      const fixed = (exact[k] / sum) * (1 << PRECISION);
      weights[i * width + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    first[i] = start;
    count[i] = n;
  }
  return { first, count, weights, width };
}

const clip8 = (sum: number): number => {
  const value = sum >> PRECISION;
  return Math.max(0, Math.min(255, value));
};

/**
 * Resamples one axis: `[lines, lineLength, inner]` → `[lines, outputs, inner]`.
 * Along x a line is a row and `inner` the channels; along y the whole raster is one line and `inner` a row.
 */
function pass(source: Uint8Array, lines: number, lineLength: number, inner: number, t: Taps): Uint8Array {
  const outputs = t.first.length;
  const out = new Uint8Array(lines * outputs * inner);
  const resample = inner === 3 ? colours : samples;
  for (let line = 0; line < lines; line++) {
    const base = line * lineLength * inner;
    for (let i = 0; i < outputs; i++) {
      resample(source, base + t.first[i] * inner, out, (line * outputs + i) * inner, inner, t, i);
    }
  }
  return out;
}

const HALF = 1 << (PRECISION - 1);

/** Output `i` of one line, any number of samples. */
function samples(
  source: Uint8Array,
  start: number,
  out: Uint8Array,
  to: number,
  inner: number,
  { count, weights, width }: Taps,
  i: number,
): void {
  const n = count[i];
  const w = i * width;
  if (n <= 3) {
    // The usual case for photographs, without an inner loop. A missing tap has weight 0.
    const one = weights[w];
    const two = n > 1 ? weights[w + 1] : 0;
    const three = n > 2 ? weights[w + 2] : 0;
    const second = n > 1 ? start + inner : start;
    const third = n > 2 ? start + 2 * inner : start;
    for (let c = 0; c < inner; c++) {
      out[to + c] = clip8(
        HALF + source[start + c] * one + source[second + c] * two + source[third + c] * three,
      );
    }
    return;
  }
  for (let c = 0; c < inner; c++) {
    let sum = HALF;
    for (let k = 0, at = start + c; k < n; k++, at += inner) sum += source[at] * weights[w + k];
    out[to + c] = clip8(sum);
  }
}

/** The same for three channels. Each weight is read once, which halves the time. */
function colours(
  source: Uint8Array,
  start: number,
  out: Uint8Array,
  to: number,
  _: number,
  { count, weights, width }: Taps,
  i: number,
): void {
  let r = HALF;
  let g = HALF;
  let b = HALF;
  const w = i * width;
  for (let k = 0, at = start; k < count[i]; k++, at += 3) {
    const weight = weights[w + k];
    r += source[at] * weight;
    g += source[at + 1] * weight;
    b += source[at + 2] * weight;
  }
  out[to] = clip8(r);
  out[to + 1] = clip8(g);
  out[to + 2] = clip8(b);
}

function nearest(source: Raster, width: number, height: number, window: Window): Raster {
  const { channels } = source;
  const [w, h] = [window.x1 - window.x0, window.y1 - window.y0];
  const data = new Uint8Array(w * h * channels);
  for (let y = 0, to = 0; y < h; y++) {
    const row = Math.floor(((window.y0 + y + 0.5) * source.height) / height);
    for (let x = 0; x < w; x++) {
      const column = Math.floor(((window.x0 + x + 0.5) * source.width) / width);
      const at = (row * source.width + column) * channels;
      for (let c = 0; c < channels; c++) data[to++] = source.data[at + c];
    }
  }
  return { data, width: w, height: h, channels };
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
  if (interpolation === 'nearest') return nearest(source, width, height, window);
  const filter = interpolation === 'bilinear' ? triangle : cubic;
  const { channels } = source;
  const w = window.x1 - window.x0;
  const h = window.y1 - window.y0;
  // An axis that keeps its length is copied, as in PIL: its weights would be 0 and 1.
  const rows =
    height === source.height ? undefined : taps(source.height, height, window.y0, window.y1, filter);
  const top = rows?.first[0] ?? window.y0;
  const bottom = rows ? rows.first[h - 1] + rows.count[h - 1] : window.y1;
  const used = source.data.subarray(top * source.width * channels, bottom * source.width * channels);
  const narrowed =
    width === source.width
      ? columnsOf(used, bottom - top, source.width, channels, window)
      : pass(
          used,
          bottom - top,
          source.width,
          channels,
          taps(source.width, width, window.x0, window.x1, filter),
        );
  const data = rows
    ? pass(narrowed, 1, bottom - top, w * channels, { ...rows, first: rows.first.map((y) => y - top) })
    : narrowed;
  return { data, width: w, height: h, channels };
}

/** The window's columns of rows that keep their length. */
function columnsOf(
  rows: Uint8Array,
  count: number,
  width: number,
  channels: number,
  { x0, x1 }: Window,
): Uint8Array {
  if (x0 === 0 && x1 === width) return rows;
  const line = (x1 - x0) * channels;
  const data = new Uint8Array(count * line);
  for (let y = 0; y < count; y++) {
    const from = (y * width + x0) * channels;
    data.set(rows.subarray(from, from + line), y * line);
  }
  return data;
}
