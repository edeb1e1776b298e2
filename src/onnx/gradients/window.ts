/**
 * Sliding windows of convolutions and pools. All axes here are spatial.
 */

import { intsAttribute, stringAttribute } from '../attributes.js';
import { MAX_RANK } from '../limits.js';
import type { Node, Shape } from '../model.js';
import { numbers } from '../shapes/rule.js';
import { range } from './axes.js';
import type { Builder, Value } from './builder.js';
import { notCovered } from './rule.js';

/**
 * A window's positions: element `j` of the window at position `o` lies at `o·stride + j·dilation - begin` of
 * the image. Vectors of int64 are constants where they are known before the run.
 */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Length from the first element of the window to its last. */
  readonly extents: readonly number[];
  /** Lengths of the image. */
  readonly image: Value;
  /** Number of positions. */
  readonly positions: Value;
  /** Padding before the image. */
  readonly begin: Value;
  /** How far the last window reaches beyond the image; negative, but above -stride, where it ends before. */
  readonly end: Value;
}

type Sliding = Pick<Window, 'kernel' | 'strides' | 'dilations' | 'extents'>;

/** The elements of an int64 vector, where they are known before the run. */
export function known({ elements }: Value): readonly number[] | undefined {
  return elements && numbers({ shape: [elements.length], data: elements });
}

/** The spatial axes of tensors whose windows are `kernel`. */
export function spatialAxes({ kernel }: Pick<Window, 'kernel'>): readonly number[] {
  return range(2, kernel.length + 2);
}

/** The window of a convolution or pool that takes the image `x` to a tensor of which `g` is the cotangent. */
export function slidingWindow(
  node: Node,
  kernel: readonly number[],
  x: string,
  g: Value,
  b: Builder,
): Window {
  const sliding = slidingOf(node, kernel);
  const { strides, extents } = sliding;
  const image = lengthsOf(b.staticShape(x), () => b.shapeOf(x), kernel.length, b);
  const positions = lengthsOf(g.shape, () => b.op('Shape', [g]), kernel.length, b);
  const reach = b.add(b.op('Mul', [b.sub(positions, b.ints([1])), b.ints(strides)]), b.ints(extents));
  const pads = explicitPads(node, kernel.length);
  // A stride of 1 leaves no remainder: the padding is that of the attribute, whatever the lengths.
  const isDense = strides.every((stride) => stride === 1);
  if (pads) {
    const [begin, end] = pads.map((list) => b.ints(list));
    return {
      ...sliding,
      image,
      positions,
      begin,
      end: isDense ? end : b.sub(b.sub(reach, begin), image),
    };
  }
  const zeros = b.ints(kernel.map(() => 0));
  const missing = isDense
    ? b.ints(extents.map((extent) => extent - 1))
    : b.op('Max', [b.sub(reach, image), zeros]);
  const begin = half(missing, stringAttribute(node, 'auto_pad', '') === 'SAME_LOWER', b);
  return {
    ...sliding,
    image,
    positions,
    begin,
    end: isDense ? b.sub(missing, begin) : b.sub(b.sub(reach, begin), image),
  };
}

/**
 * The same of a ConvTranspose: its windows slide over the output, whose cotangent `g` is, one for each
 * position of `x`.
 */
export function transposedWindow(
  node: Node,
  kernel: readonly number[],
  x: string,
  g: Value,
  b: Builder,
): Window {
  const sliding = slidingOf(node, kernel);
  const { strides, extents } = sliding;
  const positions = lengthsOf(b.staticShape(x), () => b.shapeOf(x), kernel.length, b);
  const image = lengthsOf(g.shape, () => b.op('Shape', [g]), kernel.length, b);
  const extra = intsAttribute(node, 'output_padding') ?? kernel.map(() => 0);
  const isStated = intsAttribute(node, 'output_shape') !== undefined;
  const pads = explicitPads(node, kernel.length);
  if (pads && !isStated) {
    const [begin, end] = pads;
    return {
      ...sliding,
      image,
      positions,
      begin: b.ints(begin),
      end: b.ints(end.map((pad, axis) => pad - extra[axis])),
    };
  }
  const reach = b.add(b.op('Mul', [b.sub(positions, b.ints([1])), b.ints(strides)]), b.ints(extents));
  const surplus = isStated
    ? b.op('Max', [b.sub(b.add(reach, b.ints(extra)), image), b.ints(kernel.map(() => 0))])
    : b.ints(extents.map((extent, axis) => Math.max(extent + extra[axis] - strides[axis], 0)));
  // The larger half is cut from the front, other than in convolutions, unless it is said to be at the end.
  const begin = half(surplus, stringAttribute(node, 'auto_pad', '') !== 'SAME_UPPER', b);
  const end = isStated ? b.sub(b.sub(reach, begin), image) : b.sub(b.sub(surplus, begin), b.ints(extra));
  return { ...sliding, image, positions, begin, end };
}

/** The lengths of a convolution's kernel. */
export function kernelOf(node: Node, weights: string, b: Builder): readonly number[] {
  const kernel = intsAttribute(node, 'kernel_shape');
  const dims = b.staticShape(weights)?.slice(2);
  const found = kernel ?? (dims && numbers({ shape: [dims.length], data: dims }));
  if (!found) throw notCovered(node, 'a kernel of known size', 'one that is known only at run time');
  return found;
}

/** The lengths of a pool's window. */
export function poolKernel(node: Node): readonly number[] {
  const kernel = intsAttribute(node, 'kernel_shape');
  if (!kernel) throw notCovered(node, 'an attribute kernel_shape', 'none');
  return kernel;
}

function slidingOf(node: Node, kernel: readonly number[]): Sliding {
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const isPlain = [kernel, strides, dilations].every(
    (list) => list.length === kernel.length && list.every((value) => value >= 1),
  );
  if (kernel.length > MAX_RANK || !isPlain)
    throw notCovered(node, 'kernel, strides and dilations of at least 1 along each axis', 'others');
  return {
    kernel,
    strides,
    dilations,
    extents: kernel.map((size, axis) => (size - 1) * dilations[axis] + 1),
  };
}

/** Padding before and after each axis; `undefined` where it follows from the lengths. */
export function explicitPads(
  node: Node,
  rank: number,
): readonly [readonly number[], readonly number[]] | undefined {
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (autoPad.startsWith('SAME')) return undefined;
  const given = autoPad === 'VALID' ? undefined : intsAttribute(node, 'pads');
  const pads = given ?? Array.from({ length: 2 * rank }, () => 0);
  return [pads.slice(0, rank), pads.slice(rank)];
}

/** Half of each element of an int64 vector, odd ones rounded up or down. */
function half(total: Value, up: boolean, b: Builder): Value {
  return b.div(up ? b.add(total, b.ints([1])) : total, b.ints([2]));
}

/** Lengths of the spatial axes; of the shape at run time where they are not all known. */
function lengthsOf(shape: Shape | undefined, atRunTime: () => Value, rank: number, b: Builder): Value {
  const dims = shape?.slice(2);
  const lengths = dims && numbers({ shape: [dims.length], data: dims });
  return lengths ? b.ints(lengths) : b.op('Slice', [atRunTime(), b.ints([2]), b.ints([2 + rank])]);
}
