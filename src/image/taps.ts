import type { Preprocessing } from '../types.js';

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
const ONE = 1 << 22;

/** The input samples and weights of each output sample of an axis. */
export interface Taps {
  /** `[outputs, 1 + width]`: the first input sample, then the weights of it and of the next samples. */
  readonly records: Int32Array;
  /** Weights per output. No record reaches outside the input. */
  readonly width: number;
}

/** Index of output `i`'s first input sample. */
export const firstOf = ({ records, width }: Taps, i: number): number => records[i * (1 + width)];

/** The sample under each output's centre. */
function nearest(input: number, output: number, from: number, to: number): Taps {
  const records = new Int32Array((to - from) * 2);
  for (let i = 0; i < to - from; i++) {
    records[2 * i] = Math.floor(((from + i + 0.5) * input) / output);
    records[2 * i + 1] = ONE;
  }
  return { records, width: 1 };
}

/**
 * PIL's antialiased weights for outputs `from` to `to` of an axis of `input` samples resampled to `output`.
 */
function filtered(input: number, output: number, from: number, to: number, filter: Filter): Taps {
  const scale = input / output;
  // Shrinking widens the kernel to cover all input samples of an output sample: this is the antialiasing.
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const startOf = (centre: number) => Math.max(0, Math.trunc(centre - support + 0.5));
  const endOf = (centre: number) => Math.min(input, Math.trunc(centre + support + 0.5));
  let width = 0;
  for (let i = from; i < to; i++) {
    const centre = (i + 0.5) * scale;
    width = Math.max(width, endOf(centre) - startOf(centre));
  }
  const records = new Int32Array((to - from) * (1 + width));
  const exact = new Float64Array(width);
  for (let i = from, at = 0; i < to; i++, at += 1 + width) {
    const centre = (i + 0.5) * scale;
    const start = startOf(centre);
    const n = endOf(centre) - start;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      exact[k] = filter.weight((start + k - centre + 0.5) / stretch);
      sum += exact[k];
    }
    // At the end of the input a record has fewer weights. It begins earlier, with weights of 0 in front.
    const first = Math.min(start, input - width);
    records[at] = first;
    for (let k = 0; k < n; k++) {
      const fixed = (exact[k] / sum) * ONE;
      records[at + 1 + start - first + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
  }
  return { records, width };
}

const cache = new Map<string, Taps>();
/** Enough for both axes of landscape and of portrait pictures, and some spare. Huge axes are not cached. */
const CACHED = 8;
const CACHED_BYTES = 1 << 20;

/**
 * Taps for outputs `from` to `to` of an axis of `input` samples resampled to `output`. The last few are
 * cached.
 */
export function taps(
  input: number,
  output: number,
  from: number,
  to: number,
  interpolation: Preprocessing['interpolation'],
): Taps {
  const key = `${input} ${output} ${from} ${to} ${interpolation}`;
  const cached = cache.get(key);
  if (cached) return cached;
  const made =
    interpolation === 'nearest'
      ? nearest(input, output, from, to)
      : filtered(input, output, from, to, interpolation === 'bilinear' ? triangle : cubic);
  if (made.records.byteLength > CACHED_BYTES) return made;
  if (cache.size === CACHED) cache.delete(cache.keys().next().value!);
  cache.set(key, made);
  return made;
}
