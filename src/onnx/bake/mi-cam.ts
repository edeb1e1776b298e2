/** MI-CAM: mutual information by quantisation and counting, a block of channels at a time. */

import type { Builder, Value } from '../gradients/builder.js';
import type { ValueInfo } from '../model.js';
import { bodyOf } from './body.js';
import { type BakedMethod, type Ingredients, weightedSum } from './method.js';
import { real, type Sampling, samplingOf } from './sampling.js';

const BINS = 64;

/** Samples of one image that are counted at a time: some megabytes. */
const BLOCK = 2 ** 18;
/** Pixels of a picture whose size is free, for the size of blocks. */
const USUAL = 224 * 224;

/**
 * Share of a bin that samples are moved up: those on the very edge of a bin belong above it, where rounding
 * may put them below. Layers that are 0 in places have many of them, and as many that lie 1e-6 below.
 */
const EDGE = 2 ** -25;

/** A channel whose range is a smaller share of its values is constant but for rounding. */
const ROUNDING = 2 ** -45;

/** `Σ_k MI(A[k], gray) · A[k]`, 64 bins, natural logarithm. arXiv:2507.09092, def. 4-5. */
export const miCam: BakedMethod = {
  classAgnostic: true,
  readsLayer: true,
  map: (given) => weightedSum(given, mutualInformation(given)),
};

/** `[n, K, 1, 1]`, nats, at least 0. */
function mutualInformation(given: Ingredients): Value {
  const { b, activations } = given;
  const [n, channels, h, w] = activations.shape ?? [];
  const gray = given.gray();
  const { size, blocks, padding } = blocksOf(gray, channels);
  const padded =
    padding > 0 ? b.op('Pad', [activations, b.ints([0, 0, 0, 0, 0, padding, 0, 0])]) : activations;
  // [n, blocks, size, h, w] needs two lengths of the layer: what is not known is taken from it.
  const spatial = b.op('Slice', [b.shapeOf(given.layer), b.ints([2]), b.ints([4])]);
  const split = b.reshape(padded, b.vector([0, blocks ?? -1, size, spatial]));
  // Blocks first: not every runtime scans along another axis.
  const inTurn = b.transpose(b.stated(split, [n, blocks, size, h, w]), [1, 0, 2, 3, 4]);
  const counted = overBlocks(given, inTurn, gray);
  const perChannel = b.reshape(b.transpose(b.stated(counted, [blocks, n, size]), [1, 0, 2]), [0, -1]);
  const own =
    padding > 0
      ? b.op('Slice', [perChannel, b.ints([0]), b.ints([Number(channels)]), b.ints([1])])
      : perChannel;
  return b.reshape(b.stated(own, [n, channels]), [0, -1, 1, 1]);
}

/** Channels per block, number of blocks, and channels of zeros that fill the last one. */
function blocksOf({ shape }: Value, channels: unknown) {
  if (typeof channels !== 'number') return { size: 1, blocks: undefined, padding: 0 };
  const [, , H, W] = shape ?? [];
  const positions = typeof H === 'number' && typeof W === 'number' ? H * W : USUAL;
  const most = Math.max(1, Math.floor(BLOCK / positions));
  const blocks = Math.ceil(channels / most);
  const size = Math.ceil(channels / blocks);
  return { size, blocks, padding: blocks * size - channels };
}

/** Mutual information of the channels of each block, `[blocks, n, size]`: one step of a Scan per block. */
function overBlocks({ b, layer, picture }: Ingredients, split: Value, gray: Value): Value {
  const [, n, size, h, w] = split.shape ?? [];
  const [y, x] = [2, 3].map((axis) => samplingOf(b, layer, picture, axis));
  // Cells are counted at grey level · 64 + map bin, with indices of int32: 64 bits would be twice the memory.
  const levels = b.op('Floor', [b.scale(gray, BINS / 256)]);
  const offsets = b.reshape(b.cast(b.scale(levels, BINS), 'int32'), [0, 1, -1]);
  const filled = (value: number, length: Value) => {
    const batch = b.op('Slice', [b.shapeOf(layer), b.ints([0]), b.ints([1])]);
    return b.op('Expand', [b.floats([value], [1, 1, 1]), b.vector([batch, Number(size), length])]);
  };
  const samples = b.op('Slice', [b.op('Shape', [offsets]), b.ints([2]), b.ints([3])]);
  const zeros = filled(0, b.ints([BINS * BINS]));
  const ones = filled(1, samples);
  const total = b.count(picture, [2, 3]);
  const block: ValueInfo = { name: `${b.prefix}activations`, dtype: 'float32', shape: [n, size, h, w] };
  const body = bodyOf(
    b,
    'block',
    (inner, outer) => {
      const activations = inner.cast(inner.value(block.name, 'float32', block.shape), 'float64');
      const bins = binned(inner, activations, sampled(y, outer), sampled(x, outer));
      const cells = inner.add(inner.cast(inner.reshape(bins, [0, 0, -1]), 'int32'), outer(offsets));
      const options = { axis: 2, reduction: 'add' };
      const counts = inner.op('ScatterElements', [outer(zeros), cells, outer(ones)], options);
      const joint = inner.reshape(counts, [0, 0, BINS, BINS]);
      return inner.stated(fromCounts(inner, joint, outer(total)), [n, size]);
    },
    [block],
  );
  return b.op('Scan', [split], { body, num_scan_inputs: 1 });
}

function sampled({ matrix, ends }: Sampling, outer: (value: Value) => Value): Sampling {
  return { matrix: outer(matrix), ends: outer(ends) };
}

/**
 * Bins 0..63 with a fraction, of each channel's upsampled samples in their own range; 0 of constant channels.
 */
function binned(b: Builder, block: Value, y: Sampling, x: Sampling): Value {
  const between = (values: Value, rows: Value, columns: Value) =>
    b.op('MatMul', [b.op('MatMul', [rows, values]), b.transpose(columns, [1, 0])]);
  const ends = b.reshape(between(block, y.ends, x.ends), [0, 0, -1]);
  const [lo, hi] = (['ArgMin', 'ArgMax'] as const).map((which) => {
    const at = b.op(which, [ends], { axis: 2, keepdims: 1 });
    return b.op('Unsqueeze', [b.op('GatherElements', [ends, at], { axis: 2 }), b.ints([3])]);
  });
  const range = b.sub(hi, lo);
  const noise = b.mul(b.op('Max', [b.op('Abs', [lo]), b.op('Abs', [hi])]), real(b, ROUNDING));
  const isVaried = b.op('Greater', [range, noise]);
  const perUnit = b.op('Where', [isVaried, b.div(real(b, BINS), range), real(b, 0)]);
  // Scaling commutes with interpolation, and there are fewer values before it.
  const placed = b.add(b.mul(b.sub(block, lo), perUnit), real(b, EDGE));
  return b.op('Min', [between(placed, y.matrix, x.matrix), real(b, BINS - 0.5)]);
}

/** `H(gray) + H(map) - H(joint)`. @param joint Counts, `[n, size, 64, 64]`. @param total Their sum. */
function fromCounts(b: Builder, joint: Value, total: Value): Value {
  // Σ c · ln c; of counts, which are 0 or at least 1.
  const logs = (counts: Value, axes: readonly number[]) =>
    b.reduceSum(b.mul(counts, b.op('Log', [b.op('Max', [counts, b.scalar(1)])])), axes, false);
  const apart = [2, 3].map((axis) => logs(b.reduceSum(joint, [axis], false), [2]));
  const difference = b.sub(b.sub(logs(joint, [2, 3]), apart[0]), apart[1]);
  return b.op('Relu', [b.add(b.div(difference, total), b.op('Log', [total]))]);
}
