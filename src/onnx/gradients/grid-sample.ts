/** GridSample by bilinear interpolation: each sample mixes four neighbours. */

import { intAttribute, stringAttribute } from '../attributes.js';
import { lengthOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';

/** One coordinate of every sample, `[n, h, w]`. */
interface Axis {
  /** The neighbour below, as a float, and its distance. */
  readonly low: Value;
  readonly fraction: Value;
  /** d(position)/d(coordinate) */
  readonly slope: Value;
  /** The last position, a float scalar. */
  readonly last: Value;
}

/** A neighbour of every sample along one axis. */
interface Neighbour {
  /** Its position inside of the picture. */
  readonly at: Value;
  /** 1 inside of the picture, 0 outside; missing where what is outside repeats the border. */
  readonly inside?: Value;
  readonly weight: Value;
  /** d(weight)/d(position) */
  readonly sign: 1 | -1;
}

const floor = (b: Builder, x: Value) => b.op('Floor', [x]);

function axisOf(b: Builder, coordinate: Value, length: Value, isAligned: boolean, isBorder: boolean): Axis {
  const last = b.sub(length, b.scalar(1));
  const half = b.scale(isAligned ? last : length, 0.5);
  const shifted = b.mul(b.add(coordinate, b.scalar(1)), half);
  const raw = isAligned ? shifted : b.sub(shifted, b.scalar(0.5));
  if (!isBorder) {
    const low = floor(b, raw);
    return { low, fraction: b.sub(raw, low), slope: half, last };
  }
  const position = b.op('Min', [b.op('Max', [raw, b.scalar(0)]), last]);
  const low = floor(b, position);
  // Beyond the border a sample does not move.
  const inside = b.op('Equal', [raw, position]);
  return { low, fraction: b.sub(position, low), slope: b.where(inside, half), last };
}

function neighbours(
  b: Builder,
  { low, fraction, last }: Axis,
  isBorder: boolean,
): readonly [Neighbour, Neighbour] {
  const make = (at: Value, weight: Value, sign: 1 | -1): Neighbour => {
    const clamped = b.op('Min', [b.op('Max', [at, b.scalar(0)]), last]);
    if (isBorder) return { at: clamped, weight, sign };
    return { at: clamped, inside: b.cast(b.op('Equal', [at, clamped]), 'float32'), weight, sign };
  };
  return [make(low, b.sub(b.scalar(1), fraction), -1), make(b.add(low, b.scalar(1)), fraction, 1)];
}

const gridSample = ofOutput((node, g, b) => {
  const [input, grid] = node.inputs;
  const mode = stringAttribute(node, 'mode', 'bilinear');
  if (mode !== 'bilinear' && mode !== 'linear') throw notCovered(node, 'mode bilinear', mode);
  const padding = stringAttribute(node, 'padding_mode', 'zeros');
  if (padding === 'reflection') throw notCovered(node, 'padding_mode zeros or border', padding);
  const rank = b.rank(input);
  if (rank !== 4) throw notCovered(node, 'a picture of four axes', `${rank ?? 'an unknown number'}`);
  const isBorder = padding === 'border';
  const isAligned = intAttribute(node, 'align_corners', 0) === 1;
  const points = b.forward(grid);
  const coordinate = (i: number) => b.op('Gather', [points, b.ints([i], [])], { axis: 3 });
  const length = (axis: number) => {
    const known = lengthOf(input, axis, b);
    return typeof known === 'number' ? b.scalar(known) : b.reshape(b.cast(known, 'float32'), []);
  };
  const width = length(3);
  const x = axisOf(b, coordinate(0), width, isAligned, isBorder);
  const y = axisOf(b, coordinate(1), length(2), isAligned, isBorder);

  /** `[n, c, samples]` */
  const rows = b.reshape(g, [0, 0, -1]);
  /** `[n, h, w]` as `[n, 1, samples]` */
  const flat = (value: Value) => b.op('Unsqueeze', [b.reshape(value, [0, -1]), b.ints([1])]);
  const like = b.op('Shape', [rows]);
  const values = b.wants(grid) ? b.reshape(b.forward(input), [0, 0, -1]) : undefined;
  let toInput = b.wants(input) ? b.reshape(b.expandLike(b.scalar(0), input), [0, 0, -1]) : undefined;
  let [toX, toY]: (Value | undefined)[] = [];
  for (const v of neighbours(b, y, isBorder))
    for (const u of neighbours(b, x, isBorder)) {
      const masks = [u.inside, v.inside].flatMap((mask) => mask ?? []);
      const masked = (value: Value) => masks.reduce((product, mask) => b.mul(product, mask), value);
      const index = b.cast(b.add(b.mul(v.at, width), u.at), 'int64');
      const everywhere = b.op('Expand', [flat(index), like]);
      if (toInput) {
        const part = b.mul(rows, flat(masked(b.mul(u.weight, v.weight))));
        toInput = b.op('ScatterElements', [toInput, everywhere, part], { axis: 2, reduction: 'add' });
      }
      if (!values) continue;
      const taken = b.op('GatherElements', [values, everywhere], { axis: 2 });
      // Over all channels: how much S grows with this neighbour's weight, [n, 1, samples].
      const gain = b.reduceSum(b.mul(rows, taken), [1]);
      const along = (sign: number, other: Value) => b.scale(b.mul(gain, flat(masked(other))), sign);
      const [partX, partY] = [along(u.sign, v.weight), along(v.sign, u.weight)];
      toX = toX ? b.add(toX, partX) : partX;
      toY = toY ? b.add(toY, partY) : partY;
    }
  const ofCoordinate = (sum: Value, { slope }: Axis) => {
    const laid = b.reshape(sum, b.op('Shape', [coordinate(0)]));
    return b.op('Unsqueeze', [b.mul(laid, slope), b.ints([3])]);
  };
  return [
    toInput && b.reshapeLike(toInput, input),
    toX && toY && b.op('Concat', [ofCoordinate(toX, x), ofCoordinate(toY, y)], { axis: 3 }),
  ];
});

export const rules: GradientRules = { GridSample: gridSample };
