/** Pixels of the picture that are covered, by hand or by a map's heat. */
import { batch, computed, signal } from '@preact/signals';
import { ranksOf, stepCounts } from '../../src/metrics/index.js';
import { orderOf, STEPS } from '../engine/order.js';
import type { Direction, Fill } from '../engine/protocol.js';
import { results, shownMethod } from './methods.js';
import { preprocessing } from './model.js';
import { picture } from './pictures.js';
import { side } from './question.js';

export { fills } from '../engine/protocol.js';

/** A line of the brush, in parts 0..1 of the picture that the network sees. */
interface Stroke {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Of the brush, in parts of the shorter side. */
  readonly radius: number;
}

export const fill = signal<Fill>('grey');
/** The brush's diameter, in parts of the shorter side. */
export const brushSize = signal(0.2);
/** How much of the picture is taken by `order`, in hundredths. */
export const percent = signal(0);
export const order = signal<'hottest' | 'random'>('hottest');
/** What becomes of what is taken: it is covered, or all else is. */
export const direction = signal<Direction>('deletion');

const strokes = signal<readonly Stroke[]>([]);
const undone = signal<readonly Stroke[]>([]);
/** Whether the last stroke goes on. */
let drawing = false;

export const canUndo = computed(() => strokes.value.length > 0);
export const canRedo = computed(() => undone.value.length > 0);

/** `[height, width]` of the picture that the network sees. */
const networkSize = computed(() => preprocessing.value?.size);

/** The map whose heat decides: the one on the stage, of the class that is shown, of this picture. */
export const heat = computed<Float32Array | undefined>(() => {
  const maps = results.value[shownMethod.value]?.maps;
  if (!maps || maps.picture !== picture.value?.id) return undefined;
  const { saliency, shape } = (side.value === 'B' ? maps.b : undefined) ?? maps.a;
  const size = networkSize.value;
  return size && shape[0] === size[0] && shape[1] === size[1] ? saliency : undefined;
});

const ranks = computed<Uint32Array | undefined>(() => {
  const size = networkSize.value;
  if (!size || (order.value === 'hottest' && !heat.value)) return undefined;
  return ranksOf(orderOf(order.value === 'hottest' ? heat.value : undefined, size));
});

const painted = computed<Uint8Array | undefined>(() => {
  const size = networkSize.value;
  if (!size || strokes.value.length === 0) return undefined;
  const mask = new Uint8Array(size[0] * size[1]);
  for (const stroke of strokes.value) paint(mask, size, stroke);
  return mask;
});

/** `[H * W]` of the picture that the network sees: 1 where it is covered. Missing: nothing is. */
export const mask = computed<Uint8Array | undefined>(() => {
  const isTaken = percent.value > 0 || direction.value === 'insertion';
  const [own, placed] = [painted.value, isTaken ? ranks.value : undefined];
  if (!placed) return own;
  const count = stepCounts(placed.length, STEPS)[percent.value] ?? placed.length;
  const covers = direction.value === 'deletion';
  return Uint8Array.from(placed, (rank, p) => Number(own?.[p] === 1 || rank < count === covers));
});

/** The share of the picture that is covered, 0..1. */
export const share = computed(() => {
  const covered = mask.value;
  return covered ? covered.reduce((sum, one) => sum + one, 0) / covered.length : 0;
});

/** Discs along the line, so near to one another that it has no gaps. */
function paint(
  mask: Uint8Array,
  [height, width]: readonly [number, number],
  { points, radius }: Stroke,
): void {
  const r = Math.max(0.5, radius * Math.min(height, width));
  let [x, y] = [points[0][0] * width, points[0][1] * height];
  disc(mask, [height, width], x, y, r);
  for (const [toX, toY] of points.slice(1)) {
    const [dx, dy] = [toX * width - x, toY * height - y];
    const steps = Math.ceil(Math.hypot(dx, dy) / Math.max(1, r / 2));
    for (let i = 1; i <= steps; i++)
      disc(mask, [height, width], x + (dx * i) / steps, y + (dy * i) / steps, r);
    [x, y] = [x + dx, y + dy];
  }
}

function disc(
  mask: Uint8Array,
  [height, width]: readonly [number, number],
  x: number,
  y: number,
  r: number,
): void {
  const [top, bottom] = [Math.max(0, Math.ceil(y - r - 0.5)), Math.min(height - 1, Math.floor(y + r - 0.5))];
  for (let row = top; row <= bottom; row++) {
    const half = Math.sqrt(Math.max(0, r * r - (row + 0.5 - y) ** 2));
    const [left, right] = [
      Math.max(0, Math.ceil(x - half - 0.5)),
      Math.min(width, Math.floor(x + half + 0.5)),
    ];
    if (right > left) mask.fill(1, row * width + left, row * width + right);
  }
}

/** @param x  0..1 from left to right of the picture that the network sees; y likewise, from the top. */
export function beginStroke(x: number, y: number): void {
  drawing = true;
  batch(() => {
    strokes.value = [...strokes.value, { points: [[x, y]], radius: brushSize.value / 2 }];
    undone.value = [];
  });
}

export function continueStroke(x: number, y: number): void {
  const last = strokes.value.at(-1);
  if (!drawing || !last) return;
  strokes.value = [...strokes.value.slice(0, -1), { ...last, points: [...last.points, [x, y]] }];
}

export function endStroke(): void {
  drawing = false;
}

export function undo(): void {
  const last = strokes.value.at(-1);
  if (!last) return;
  drawing = false;
  batch(() => {
    strokes.value = strokes.value.slice(0, -1);
    undone.value = [...undone.value, last];
  });
}

export function redo(): void {
  const last = undone.value.at(-1);
  if (!last) return;
  batch(() => {
    strokes.value = [...strokes.value, last];
    undone.value = undone.value.slice(0, -1);
  });
}

/** Strokes belong to their picture; the slider does not. */
export function forgetStrokes(): void {
  drawing = false;
  batch(() => {
    strokes.value = [];
    undone.value = [];
  });
}

/** Nothing is covered any more. */
export function reset(): void {
  batch(() => {
    forgetStrokes();
    percent.value = 0;
    direction.value = 'deletion';
  });
}
