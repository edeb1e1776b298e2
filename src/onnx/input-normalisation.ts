/** Normalisation of the picture at the start of a graph, and the range of pixels that such a model takes. */

import { intAttribute, intsAttribute } from './attributes.js';
import type { GraphFacts } from './graph-facts.js';
import { MAX_CHANNELS } from './limits.js';
import type { ConstantTensor, Node } from './model.js';
import { toFloat32, toNumbers } from './values.js';
import type { GraphIndex } from './walk.js';

export interface InputNormalisation {
  /** The largest pixel value that the graph expects. */
  readonly range: 1 | 255;
  /** The order of the colours, by the graph's means. */
  readonly channels: 'RGB' | 'BGR';
  /** Operators that normalise, in order, each once, e.g. `['Sub', 'Div']`. */
  readonly operators: readonly string[];
}

/** One channel of a tensor near the input: `factor · x[source] + shift`. */
interface Channel {
  readonly source: number;
  readonly factor: number;
  readonly shift: number;
  /** Mean and standard deviation of `x[source]` in a BatchNormalization. */
  readonly counted?: readonly [mean: number, deviation: number];
}

interface Pixels {
  readonly channels: readonly Channel[];
  /** The channels' axis of four; missing for a single channel without that axis. */
  readonly axis?: number;
  readonly operators: readonly string[];
}

/** Most nodes that are visited: a normalisation is short. */
const MOST_NODES = 64;

/** Operators that do not read a tensor's values. */
const looking = new Set(['Shape', 'Size']);

const arithmetic = new Set(['Sub', 'Add', 'Mul', 'Div']);

/** Operators that leave the values of a channel as they are. */
const keepingChannels = new Set(['Identity', 'Cast', 'Dropout', 'Resize', 'Upsample']);

/**
 * The normalisation that a graph begins with: `Sub`, `Add`, `Mul`, `Div` with constants per channel or for
 * all, and BatchNormalization, behind casts, transpositions, and channels that are taken apart and put
 * together.
 * @param channels  Of the input.
 * @returns `undefined` where there is none, or where its numbers do not tell which pixels it takes: those of
 *   a picture that is normalised already too.
 */
export function findInputNormalisation(
  { index }: Pick<GraphFacts, 'index'>,
  input: string,
  channels: number,
): InputNormalisation | undefined {
  if (channels > MAX_CHANNELS) return undefined;
  const states = new Map<string, Pixels>([
    [
      input,
      {
        axis: 1,
        operators: [],
        channels: Array.from({ length: channels }, (_, source) => ({ source, factor: 1, shift: 0 })),
      },
    ],
  ]);
  const reached = new Set<Pixels>();
  const seen = new Set<Node>();
  const waiting = [input];
  for (let tensor = waiting.shift(); tensor !== undefined; tensor = waiting.shift()) {
    for (const node of index.consumers(tensor)) {
      if (seen.has(node) || looking.has(node.opType)) continue;
      // A node that puts channels together waits for the last of them.
      if (node.opType === 'Concat' && node.inputs.some((name) => !states.has(name))) continue;
      if (seen.size === MOST_NODES) return undefined;
      seen.add(node);
      const made = node.domain === '' ? through(node, states, index) : undefined;
      if (!made) reached.add(states.get(tensor) as Pixels);
      for (const [name, state] of made ?? []) {
        states.set(name, state);
        waiting.push(name);
      }
    }
  }
  const [first, ...others] = [...reached].map((pixels) => normalisationOf(pixels, channels));
  if (!first || others.some((other) => other?.range !== first.range)) return undefined;
  return first;
}

type PixelsByTensor = readonly (readonly [name: string, state: Pixels])[];

/** The outputs of a node per channel; `undefined` where it mixes channels or positions. */
function through(
  node: Node,
  states: ReadonlyMap<string, Pixels>,
  index: GraphIndex,
): PixelsByTensor | undefined {
  const [output = ''] = node.outputs;
  const { opType, inputs } = node;
  const one = (state: Pixels | undefined): PixelsByTensor | undefined => state && [[output, state]];
  if (opType === 'Concat') return one(concatenated(node, states));
  if (arithmetic.has(opType)) return one(computed(node, states, index));
  const pixels = states.get(inputs[0] ?? '');
  if (!pixels) return undefined;
  if (keepingChannels.has(opType)) return one(pixels);
  if (opType === 'BatchNormalization') return one(batchNormalised(node, pixels, index));
  const { axis } = pixels;
  if (opType === 'Unsqueeze') {
    const [at, ...more] = intsAttribute(node, 'axes') ?? constantNumbers(index, inputs[1]) ?? [];
    return axis === undefined && at !== undefined && more.length === 0
      ? one({ ...pixels, axis: at < 0 ? at + 4 : at })
      : undefined;
  }
  if (axis === undefined) return undefined;
  if (opType === 'Transpose') {
    const perm = intsAttribute(node, 'perm');
    return perm?.length === 4 ? one({ ...pixels, axis: perm.indexOf(axis) }) : undefined;
  }
  const along = (given: number | undefined) =>
    given !== undefined && (given < 0 ? given + 4 : given) === axis;
  const pick = (order: readonly number[]): Pixels => ({
    ...pixels,
    channels: order.flatMap((at) => pixels.channels.at(at) ?? []),
  });
  const count = pixels.channels.length;
  if (opType === 'Gather' && along(intAttribute(node, 'axis', 0))) {
    const indices = smallConstant(index, inputs[1]);
    if (!indices || indices.dims.length > 1) return undefined;
    const picked = pick(toNumbers(indices));
    return one(indices.dims.length === 0 ? { ...picked, axis: undefined } : picked);
  }
  if (opType === 'Split' && along(intAttribute(node, 'axis', 0))) {
    const parts = node.outputs.length;
    const sizes =
      intsAttribute(node, 'split') ??
      constantNumbers(index, inputs[1]) ??
      Array.from({ length: parts }, () => Math.ceil(count / parts));
    if (sizes.length > count || sizes.some((size) => !(size > 0 && size <= count))) return undefined;
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    return node.outputs.map((name, i) => [
      name,
      pick(Array.from({ length: sizes[i] ?? 0 }, (_, c) => starts[i] + c)),
    ]);
  }
  if (opType === 'Slice') {
    const starts = intsAttribute(node, 'starts') ?? constantNumbers(index, inputs[1]);
    const ends = intsAttribute(node, 'ends') ?? constantNumbers(index, inputs[2]);
    const axes = intsAttribute(node, 'axes') ?? constantNumbers(index, inputs[3]) ?? [0];
    const [step = 1] = constantNumbers(index, inputs[4]) ?? [];
    if (starts?.length !== 1 || ends?.length !== 1 || !along(axes[0])) return undefined;
    return one(pick(slice(count, starts[0], ends[0], step)));
  }
  return undefined;
}

/** The indices that a slice of an axis of `count` takes. */
function slice(count: number, start: number, end: number, step: number): readonly number[] {
  const clamp = (at: number, low: number, high: number) =>
    Math.max(low, Math.min(at < 0 ? at + count : at, high));
  const taken: number[] = [];
  if (step > 0) for (let at = clamp(start, 0, count); at < clamp(end, 0, count); at += step) taken.push(at);
  else if (step < 0)
    for (let at = clamp(start, 0, count - 1); at > clamp(end, -1, count - 1); at += step) taken.push(at);
  return taken;
}

const constantNumbers = (index: GraphIndex, name: string | undefined): readonly number[] | undefined => {
  const constant = smallConstant(index, name);
  return constant && toNumbers(constant);
};

function concatenated(node: Node, states: ReadonlyMap<string, Pixels>): Pixels | undefined {
  const parts = node.inputs.flatMap((name) => states.get(name) ?? []);
  const given = intAttribute(node, 'axis', 0);
  const [{ axis } = { axis: undefined }] = parts;
  if (axis === undefined || (given < 0 ? given + 4 : given) !== axis) return undefined;
  if (parts.some((part) => part.axis !== axis)) return undefined;
  return {
    axis,
    channels: parts.flatMap((part) => part.channels),
    operators: [...new Set(parts.flatMap((part) => part.operators))],
  };
}

/** One number per channel of a constant that is a scalar or lies along the channels' axis. */
function perChannel(constant: ConstantTensor, { channels, axis }: Pixels): readonly number[] | undefined {
  const size = constant.dims.reduce((product, dim) => product * dim, 1);
  const at = axis === undefined ? undefined : axis - (4 - constant.dims.length);
  if (size === 1) {
    const [value] = toFloat32(constant);
    return channels.map(() => value ?? Number.NaN);
  }
  if (at === undefined || size !== channels.length || constant.dims[at] !== size) return undefined;
  return [...toFloat32(constant)];
}

/** A constant of few elements in the model's own file. */
function smallConstant(index: GraphIndex, name: string | undefined): ConstantTensor | undefined {
  const constant = name ? index.constant(name) : undefined;
  if (!constant || constant.external) return undefined;
  return constant.dims.reduce((product, dim) => product * dim, 1) <= MOST_NODES ? constant : undefined;
}

function computed(
  { opType, inputs }: Node,
  states: ReadonlyMap<string, Pixels>,
  index: GraphIndex,
): Pixels | undefined {
  const [left = '', right = ''] = inputs;
  const pixels = states.get(left) ?? states.get(right);
  const isLeft = states.has(left);
  const constant = smallConstant(index, isLeft ? right : left);
  const values = pixels && constant && perChannel(constant, pixels);
  // A constant divided by pixels is no normalisation.
  if (!pixels || !values || (opType === 'Div' && !isLeft)) return undefined;
  const channels = pixels.channels.map((channel, c): Channel => {
    const value = values[c];
    const { factor, shift } = channel;
    if (opType === 'Add') return { ...channel, shift: shift + value };
    if (opType === 'Mul') return { ...channel, factor: factor * value, shift: shift * value };
    if (opType === 'Div') return { ...channel, factor: factor / value, shift: shift / value };
    return isLeft
      ? { ...channel, shift: shift - value }
      : { ...channel, factor: -factor, shift: value - shift };
  });
  return { ...pixels, channels, operators: [...new Set([...pixels.operators, opType])] };
}

function batchNormalised(node: Node, pixels: Pixels, index: GraphIndex): Pixels | undefined {
  const statistics = node.inputs.slice(1, 5).map((name) => smallConstant(index, name));
  if (pixels.axis !== 1 || statistics.some((one) => one?.dims[0] !== pixels.channels.length))
    return undefined;
  const [scale, bias, mean, variance] = statistics.map((one) => toFloat32(one as ConstantTensor));
  const epsilon = node.attributes.get('epsilon');
  const least = epsilon?.type === 'float' ? epsilon.value : 1e-5;
  const channels = pixels.channels.map(({ source, factor, shift }, c): Channel => {
    const deviation = Math.sqrt(variance[c] + least);
    const gain = scale[c] / deviation;
    return {
      source,
      factor: factor * gain,
      shift: (shift - mean[c]) * gain + bias[c],
      counted: [(mean[c] - shift) / factor, deviation / Math.abs(factor)],
    };
  });
  return { ...pixels, channels, operators: [...new Set([...pixels.operators, 'BatchNormalization'])] };
}

/** Means of ImageNet's blue and red, 0..255: in this order they are those of BGR. */
const BLUE = 103.9;
const RED = 123.7;

/** The pixels that a normalisation takes, by its mean and deviation: those that become 0 and 1. */
function normalisationOf({ channels, operators }: Pixels, count: number): InputNormalisation | undefined {
  if (operators.length === 0) return undefined;
  const of = (c: Channel): readonly [mean: number, deviation: number] =>
    c.counted ?? [-c.shift / c.factor, 1 / Math.abs(c.factor)];
  const [mean, deviation] = [0, 1].map(
    (k) => channels.reduce((sum, channel) => sum + of(channel)[k], 0) / channels.length,
  );
  const counted = channels.every((channel) => channel.counted);
  const range = rangeOf(mean, deviation, counted);
  if (range === undefined) return undefined;
  const byColour = Array.from({ length: count }, (_, source) => {
    const channel = channels.find((one) => one.source === source);
    return channel ? (of(channel)[0] * 255) / range : Number.NaN;
  });
  const near = (value: number, want: number) => Math.abs(value - want) < 1;
  const isBlueFirst = count === 3 && near(byColour[0], BLUE) && near(byColour[2], RED);
  return { range, channels: isBlueFirst ? 'BGR' : 'RGB', operators };
}

/**
 * A trained BatchNormalization has the mean and deviation of the pictures it was trained on.
 * Otherwise mean and deviation are round numbers (.5, 127.5, 255), or one of them is not used (a mean that is
 * only subtracted, a deviation that is only divided by). A picture that is normalised already has a mean near
 * 0 and a deviation near 1.
 */
function rangeOf(mean: number, deviation: number, counted: boolean): 1 | 255 | undefined {
  const within = (value: number, low: number, high: number) => value >= low && value <= high;
  if (counted) {
    if (within(mean, 40, 215) && within(deviation, 16, 128)) return 255;
    return within(mean, 0.16, 0.84) && within(deviation, 0.0625, 0.5) ? 1 : undefined;
  }
  if (within(mean, 16, 256) && within(deviation, 0, 300)) return 255;
  if (within(mean, -1, 256) && within(deviation, 16, 300)) return 255;
  if (within(mean, 0.2, 0.8) && within(deviation, 0, 1.05)) return 1;
  // Brought to 0..255 inside.
  return within(mean, -0.1, 0.1) && within(deviation * 255, 0.9, 1.1) ? 1 : undefined;
}
