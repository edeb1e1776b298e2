import type { Preprocessing } from '../types.js';
import { release, type Scratch, scratch } from './scratch.js';
import { firstOf, type Taps, taps } from './taps.js';

/** `[x0, x1) × [y0, y1)`, pixels. */
export interface Window {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Rows of finished pixels, in scratch memory. */
export interface Strip {
  readonly pixels: number;
  /** Bytes from row to row. */
  readonly stride: number;
  /** First row of the canvas, and how many. */
  readonly top: number;
  readonly rows: number;
  /** Address of scratch memory, as large as `extraBytes` asked for. */
  readonly extra: number;
}

export interface Resampling {
  readonly source: Size;
  /** Size of the whole resized picture. */
  readonly resized: Size;
  readonly interpolation: Preprocessing['interpolation'];
  /** The part of the resized picture to compute. */
  readonly window: Window;
  /** Size of the result, and the window's position in it. Outside the window the result is 0. */
  readonly canvas: Size & { readonly left: number; readonly top: number };
  /** Writes `rows` rows of the source, from `top` on, to `at`, as pixels of four bytes. */
  readonly load: (scratch: Scratch, at: number, top: number, rows: number) => void;
  /** Bytes of scratch memory that `emit` needs for `rows` rows. */
  readonly extraBytes: (rows: number) => number;
  /** Takes finished rows, from the first to the last. */
  readonly emit: (scratch: Scratch, strip: Strip) => void;
}

// Bytes per step. LOADED: loaded rows should still be in the second-level cache when they are resampled.
// FINISHED only bounds the memory: for most pictures, one strip holds the whole result.
const LOADED = 256 << 10;
const FINISHED = 1 << 20;

/**
 * Size of a block: code that works on pieces of up to 64 bytes may overshoot, and blocks begin at multiples
 * of 16.
 */
const block = (bytes: number): number => Math.ceil(bytes / 16 + 4) * 16;

/**
 * Resizes as PIL (and torchvision on PIL images) does: separable, rows first, antialiased when shrinking,
 * with weights in 22-bit fixed point, rounded to 8 bits after each axis. `nearest` takes the sample under the
 * pixel's centre.
 *
 * Only the window is computed, a strip of rows at a time.
 */
export function resample({
  source,
  resized,
  interpolation,
  window,
  canvas,
  load,
  extraBytes,
  emit,
}: Resampling): void {
  const { x0, y0, x1, y1 } = window;
  // An axis that keeps its length is copied, as in PIL: its weights would be 0 and 1.
  const columns =
    resized.width === source.width ? undefined : taps(source.width, resized.width, x0, x1, interpolation);
  const kept = resized.height === source.height;
  const padded = canvas.width !== x1 - x0 || canvas.height !== y1 - y0;
  const rows =
    kept && !padded
      ? undefined
      : taps(source.height, resized.height, y0, y1, kept ? 'nearest' : interpolation);
  const narrowStride = 4 * (columns ? x1 - x0 : source.width);
  const stride = 4 * canvas.width;

  const inWindow = (row: number) => Math.max(0, Math.min(y1 - y0, row - canvas.top));
  // Four rows are narrowed together.
  const most = columns ? Math.ceil(LOADED / (16 * source.width)) * 4 : 0;

  const step = Math.ceil(FINISHED / stride);
  for (let top = 0; top < canvas.height; top += step) {
    const count = Math.min(step, canvas.height - top);
    // Rows of the window in this strip, and the source rows that they depend on.
    const from = inWindow(top);
    const to = inWindow(top + count);
    const [first, last] =
      rows && from < to ? [firstOf(rows, from), firstOf(rows, to - 1) + rows.width] : [y0 + from, y0 + to];
    const [xTaps, yTaps, narrow, wide, finished, extra, end] = layout([
      columns?.records.byteLength ?? 0,
      rows?.records.byteLength ?? 0,
      narrowStride * (last - first),
      4 * source.width * Math.min(most, last - first),
      rows ? stride * count : 0,
      extraBytes(count),
    ]);
    const memory = scratch(end);
    if (columns) {
      put(memory, xTaps, columns);
      for (let y = first, at = narrow; y < last; y += most, at += most * narrowStride) {
        const n = Math.min(most, last - y);
        load(memory, wide, y, n);
        memory.alongX(wide, 4 * source.width, n, at, x1 - x0, xTaps, columns.width);
      }
    } else load(memory, narrow, first, last - first);

    const left = narrow + (columns ? 0 : 4 * x0);
    if (!rows) {
      emit(memory, { pixels: left, stride: narrowStride, top, rows: count, extra });
      continue;
    }
    put(memory, yTaps, rows);
    if (padded) memory.bytes.fill(0, finished, finished + stride * count);
    memory.alongY(
      left - first * narrowStride,
      narrowStride,
      4 * (x1 - x0),
      finished + (from + canvas.top - top) * stride + 4 * canvas.left,
      stride,
      to - from,
      yTaps + from * 4 * (1 + rows.width),
      rows.width,
    );
    emit(memory, { pixels: finished, stride, top, rows: count, extra });
  }
  release();
}

/** The addresses at which consecutive blocks of these sizes begin, and the end of the last. */
function layout(sizes: readonly number[]): number[] {
  const at = [0];
  for (const size of sizes) at.push(at[at.length - 1] + block(size));
  return at;
}

function put({ memory }: Scratch, at: number, { records }: Taps): void {
  new Int32Array(memory.buffer, at, records.length).set(records);
}
