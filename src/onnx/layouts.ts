/** How the values of a layer lie, as its shape and its surroundings show. */

import { channelsOf, isChannelsLast } from './channels-last.js';
import { type FeatureMap, type Layout, NCHW } from './feature-map.js';
import type { GraphFacts } from './graph-facts.js';
import type { Model, Shape } from './model.js';
import { forUsualPicture, pictureSides } from './picture.js';
import { batchOf } from './score-shape.js';
import { inferShapes } from './shapes.js';
import { hasTokensBehind } from './token-order.js';

/** More tokens than networks have in front of their positions: class, distillation, registers. */
export const MOST_PREFIX = 16;

/** The longest side of a patch that is looked for, pixels. */
const MOST_PATCH = 64;

/** How often networks merge 2 × 2 patches. */
const MOST_MERGES = 6;

/**
 * The layout of a tensor; `undefined` where it is none of a layer.
 * @param maps  The feature maps `[n, K, h, w]` that it is computed from: the last one has the grid of tokens.
 */
export function layoutOf(
  { model, index, shapes }: Pick<GraphFacts, 'model' | 'index' | 'shapes'>,
  tensor: string,
  maps: readonly FeatureMap[],
): Layout | undefined {
  const shape = shapes.get(tensor);
  const map = maps.at(-1);
  if (shape?.length === 3) {
    if (!hasOwnBatch(model, tensor, shape)) return undefined;
    const channels = () => channelsOf(index, shapes, tensor, 3);
    const sides = pictureSides(model);
    const isFixed = sides.every((side) => typeof side === 'number');
    const inFront = map?.shape ?? (isFixed ? patchesOf(shape, sides) : undefined);
    const layout = tokensOf(shape, inFront, channels);
    if (layout?.prefix && hasTokensBehind(index, shapes, tensor, layout.grid[0] * layout.grid[1]))
      return undefined;
    if (layout || typeof shape[1] === 'number') return layout && (isFixed ? layout : { ...layout, isScaled });
    const usual = inferShapes(forUsualPicture(model));
    const found = tokensOf(usual.get(tensor) ?? [], usual.get(map?.name ?? ''), channels);
    return found && { ...found, isScaled };
  }
  if (shape && shape.length !== 4) return undefined;
  if (!isChannelsLast(index, shapes, tensor)) return NCHW;
  if (!shape) return { kind: 'nhwc' };
  const usual = inferShapes(forUsualPicture(model));
  const [, height, width] = usual.get(tensor) ?? shape;
  const isGrid = map
    ? isOnGrid([height, width], usual.get(map.name)?.slice(2))
    : hasProportions([height, width], pictureSides(forUsualPicture(model)));
  return isGrid && hasOwnBatch(model, tensor, shape) ? { kind: 'nhwc' } : undefined;
}

const isScaled = true;

/**
 * `[n, K, h, w]` of the patches of a picture of which no layer tells them: of all sizes of patches, the one
 * that leaves the fewest tokens in front.
 */
function patchesOf([n, tokens, channels]: Shape, [H, W]: Shape): Shape | undefined {
  let best: readonly [number, number] | undefined;
  for (let side = 1; side <= MOST_PATCH; side++) {
    const [h, w] = [Math.floor(Number(H) / side), Math.floor(Number(W) / side)];
    const isFit = h * w <= Number(tokens) && h * w >= Number(tokens) - MOST_PREFIX;
    if (isFit && !(best && best[0] * best[1] >= h * w)) best = [h, w];
  }
  return best && [n, channels, ...best];
}

/** Whether the first axis is the pictures alone: windows and patches are often folded into it. */
function hasOwnBatch(model: Model, tensor: string, [first]: Shape): boolean {
  const batch = batchOf(model);
  if (typeof first === 'number' && typeof batch === 'number') return first === batch;
  if (first !== undefined && first === batch) return true;
  const ofOne = inferShapes(forUsualPicture(model)).get(tensor)?.[0];
  return typeof ofOne !== 'number' || ofOne === (typeof batch === 'number' ? batch : 1);
}

/**
 * Whether two sides are those of a grid, halved or doubled some times; true where lengths are unknown. Heads
 * and tokens of attention, and windows and their positions, are not.
 */
function isOnGrid([height, width]: Shape, [rows, columns]: Shape = []): boolean {
  if (![height, width, rows, columns].every((side) => typeof side === 'number')) return true;
  const isNear = (side: number, whole: number) =>
    side >= Math.floor(whole) && side <= Math.max(1, Math.ceil(whole));
  for (let halvings = -MOST_MERGES; halvings <= MOST_MERGES; halvings++) {
    const [h, w] = [rows, columns].map((side) => Number(side) / 2 ** halvings);
    if (isNear(Number(height), h) && isNear(Number(width), w)) return true;
  }
  return false;
}

/** Whether two sides have the picture's proportions, but for the rest of a division. */
function hasProportions([height, width]: Shape, [H, W]: Shape): boolean {
  if (![height, width, H, W].every((side) => typeof side === 'number')) return true;
  return Math.abs(Number(height) * Number(W) - Number(width) * Number(H)) <= Math.max(Number(H), Number(W));
}

/**
 * `[n, prefix + h·w, K]`: the grid is that of the patches, or of patches merged 2 × 2; what is left is the
 * prefix. Where the number of patches is unknown the grid is square until a picture's size is known:
 * position embeddings fix the number of tokens of many models that leave the picture's size open.
 *
 * `[n, K, h·w]` of the map in front of it is none, unless its surroundings say that its last axis is
 * channels.
 */
function tokensOf(
  [, tokens, last]: Shape,
  patches: Shape | undefined,
  channels: () => 'first' | 'last' | undefined,
): Extract<Layout, { kind: 'tokens' }> | undefined {
  let [height, width] = patches?.slice(2) ?? [];
  if (typeof tokens !== 'number') return undefined;
  const isTurned = tokens === patches?.[1] && typeof height === 'number' && last === height * Number(width);
  if (isTurned && channels() !== 'last') return undefined;
  if (typeof height !== 'number' || typeof width !== 'number') height = width = Math.floor(Math.sqrt(tokens));
  for (let merges = 0; merges <= MOST_MERGES && height * width > 1; merges++) {
    const prefix = tokens - height * width;
    if (prefix >= 0 && prefix <= (isTurned ? 0 : MOST_PREFIX))
      return { kind: 'tokens', grid: [height, width], prefix };
    // What does not divide by two is padded.
    [height, width] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  }
  return undefined;
}

/** A layout that is not `[n, K, h, w]`, for people: `tokens 14 × 14 + 1`. */
export function layoutText(layout: Layout): string {
  if (layout.kind === 'nchw') return '';
  if (layout.kind === 'nhwc') return 'channels last';
  const others = layout.prefix > 0 ? ` + ${layout.prefix}` : '';
  return `tokens ${layout.grid.join(' × ')}${others}${layout.isScaled ? ' at the usual size' : ''}`;
}

/** `[n, K, h, w]` of a layer, whatever its layout is. */
export function mapShape({ shape, layout }: Pick<FeatureMap, 'shape' | 'layout'>): Shape {
  if (layout.kind === 'nchw') return shape;
  if (layout.kind === 'nhwc') return [shape[0], shape[3], shape[1], shape[2]];
  return [shape[0], shape[2], ...layout.grid];
}
