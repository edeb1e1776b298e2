/** Convolutions, pooling, and what changes spatial size. */

import type { Dim, Shape } from '../model.js';
import { intsOf, normalAxis, numbers, type Op, type ShapeRule } from './rule.js';

interface WindowAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly autoPad: string;
}

function window(op: Op, kernel: readonly number[]): WindowAttributes {
  const ones = kernel.map(() => 1);
  return {
    kernel,
    strides: op.ints('strides') ?? ones,
    dilations: op.ints('dilations') ?? ones,
    pads: op.ints('pads') ?? [...kernel, ...kernel].map(() => 0),
    autoPad: op.string('auto_pad', 'NOTSET'),
  };
}

/** Length along one spatial axis after a window slides over it. */
function slide(length: Dim, w: WindowAttributes, axis: number, ceil: boolean): Dim {
  const stride = w.strides[axis] ?? 1;
  const extent = ((w.kernel[axis] ?? 1) - 1) * (w.dilations[axis] ?? 1) + 1;
  if (w.autoPad.startsWith('SAME') && stride === 1) return length;
  if (typeof length !== 'number') return undefined;
  if (w.autoPad.startsWith('SAME')) return Math.ceil(length / stride);
  const padded = w.autoPad === 'VALID' ? 0 : 1;
  const before = padded * (w.pads[axis] ?? 0);
  const after = padded * (w.pads[axis + w.kernel.length] ?? 0);
  const steps = (length + before + after - extent) / stride;
  if (!ceil) return Math.floor(steps) + 1;
  const count = Math.ceil(steps) + 1;
  // The last window must start inside the image or its leading padding.
  return (count - 1) * stride >= length + before ? count - 1 : count;
}

/** Unknown lengths for the axes of a shape that is not known. */
function inputShape(op: Op, spatialAxes: number): Shape {
  return op.shape(0) ?? Array.from({ length: spatialAxes + 2 }, () => undefined);
}

/** `weightInput`: quantised convolutions have scales and zero points in between. */
function conv(weightInput: number): ShapeRule {
  return (op) => {
    const weight = op.shape(weightInput);
    const kernel = op.ints('kernel_shape') ?? numberDims(weight?.slice(2));
    if (!kernel) return [undefined];
    const input = inputShape(op, kernel.length);
    const w = window(op, kernel);
    return [[input[0], weight?.[0], ...kernel.map((_, i) => slide(input[i + 2], w, i, false))]];
  };
}

const convTranspose: ShapeRule = (op) => {
  const weight = op.shape(1);
  const kernel = op.ints('kernel_shape') ?? numberDims(weight?.slice(2));
  if (!kernel) return [undefined];
  const input = inputShape(op, kernel.length);
  const w = window(op, kernel);
  const perGroup = weight?.[1];
  const channels = typeof perGroup === 'number' ? perGroup * op.int('group', 1) : undefined;
  const extra = op.ints('output_padding') ?? [];
  const stated = op.ints('output_shape');
  const spatial = kernel.map((size, i): Dim => {
    if (stated) return stated.length === kernel.length ? stated[i] : stated[i + 2];
    const length = input[i + 2];
    if (typeof length !== 'number') return undefined;
    const stride = w.strides[i] ?? 1;
    if (w.autoPad.startsWith('SAME')) return length * stride;
    const pads = w.autoPad === 'VALID' ? 0 : (w.pads[i] ?? 0) + (w.pads[i + kernel.length] ?? 0);
    return (length - 1) * stride + (extra[i] ?? 0) + (size - 1) * (w.dilations[i] ?? 1) + 1 - pads;
  });
  return [[input[0], channels, ...spatial]];
};

/** MaxPool's second output (indices) has the shape of the first. */
const pool: ShapeRule = (op) => {
  const kernel = op.ints('kernel_shape');
  if (!kernel) return [undefined];
  const input = inputShape(op, kernel.length);
  const w = window(op, kernel);
  const ceil = op.int('ceil_mode', 0) === 1;
  const shape = [input[0], input[1], ...kernel.map((_, i) => slide(input[i + 2], w, i, ceil))];
  return op.node.outputs.map(() => shape);
};

const globalPool: ShapeRule = (op) => {
  const input = op.shape(0);
  return [input && [input[0], input[1], ...input.slice(2).map(() => 1)]];
};

const pad: ShapeRule = (op) => {
  const input = op.shape(0);
  const pads = intsOf(op, 'pads', 1);
  if (!input || !pads) return [input?.map(() => undefined)];
  const axes = numbers(op.value(3)) ?? input.map((_, i) => i);
  const out = [...input];
  axes.forEach((axis, i) => {
    const at = normalAxis(axis, input.length);
    const length = input[at];
    const added = (pads[i] ?? 0) + (pads[i + axes.length] ?? 0);
    out[at] = added === 0 ? length : typeof length === 'number' ? length + added : undefined;
  });
  return [out];
};

/** Inputs: opset 10 and Upsample have scales second; from 11 on (x, roi, scales, sizes). */
const resize: ShapeRule = (op) => {
  const input = op.shape(0);
  if (!input) return [undefined];
  const old = op.node.opType === 'Upsample' || op.opset < 11;
  const axes = op.ints('axes')?.map((axis) => normalAxis(axis, input.length)) ?? input.map((_, i) => i);
  const sizes = old ? undefined : op.value(3)?.data;
  const scales = numbers(op.value(old ? 1 : 2));
  const stretch = op.string('keep_aspect_ratio_policy', 'stretch') === 'stretch';
  const out = [...input];
  axes.forEach((axis, i) => {
    const length = input[axis];
    const scale = scales?.[i];
    if (sizes && sizes.length > 0) out[axis] = stretch ? sizes[i] : undefined;
    else if (scale === undefined) out[axis] = undefined;
    // In float32, as runtimes multiply: 5 times 1.4 is 7 there, but a little less in float64.
    else if (scale !== 1)
      out[axis] = typeof length === 'number' ? Math.floor(Math.fround(length * scale)) : undefined;
  });
  return [out];
};

/** `factor` > 1 moves channels to space, its inverse the other way. */
function blocks(towardsSpace: boolean): ShapeRule {
  return (op) => {
    const input = op.shape(0);
    const size = op.int('blocksize', 1);
    if (input?.length !== 4) return [undefined];
    const [n, c, h, w] = input;
    const scaled = (dim: Dim, factor: number): Dim =>
      typeof dim === 'number' ? Math.floor(dim * factor) : undefined;
    const grow = towardsSpace ? size : 1 / size;
    const channels = typeof c === 'number' ? Math.round(c / (grow * grow)) : undefined;
    return [[n, channels, scaled(h, grow), scaled(w, grow)]];
  };
}

function numberDims(dims: Shape | undefined): readonly number[] | undefined {
  const known = dims?.filter((dim) => typeof dim === 'number');
  return known?.length === dims?.length ? known : undefined;
}

/** The channels of the picture at the positions of the grid `[n, …, 2]`. */
const gridSample: ShapeRule = (op) => {
  const [picture, grid] = [op.shape(0), op.shape(1)];
  return [picture && grid && [picture[0], picture[1], ...grid.slice(1, -1)]];
};

export const spatialRules: Readonly<Record<string, ShapeRule>> = {
  Conv: conv(1),
  ConvInteger: conv(1),
  QLinearConv: conv(3),
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  GridSample: gridSample,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
};
