/** What hands do on the stage: point, paint, zoom and move. */
import { beginStroke, brushSize, continueStroke, endStroke, redo, undo } from '../state/cover.js';
import { mode, whole, type Zoom, zoom } from '../state/look.js';
import { preprocessing } from '../state/model.js';
import { picture } from '../state/pictures.js';
import { clamp, inSeen, type Point, pointOn, seenPart } from './geometry.js';
import { pointer } from './pointer.js';

const MOST = 16;
const STEP = 1.25;

/** Keeps the shown part within the picture. */
function kept({ scale, x, y }: Zoom): Zoom {
  const factor = clamp(scale, 1, MOST);
  const half = 0.5 / factor;
  return { scale: factor, x: clamp(x, half, 1 - half), y: clamp(y, half, 1 - half) };
}

/** Zooms by a factor; what is at the point stays where it is. */
function zoomAt(point: Point, factor: number): void {
  const { scale, x, y } = zoom.value;
  const next = clamp(scale * factor, 1, MOST);
  const share = scale / next;
  zoom.value = kept({ scale: next, x: point.x + (x - point.x) * share, y: point.y + (y - point.y) * share });
}

function move(dx: number, dy: number): void {
  const { scale, x, y } = zoom.value;
  zoom.value = kept({ scale, x: x - dx, y: y - dy });
}

/** A point of the picture, in parts of what the network sees. */
function onSeen(point: Point): Point | undefined {
  const [shown, prepared] = [picture.value, preprocessing.value];
  return shown && prepared && inSeen(point, seenPart(shown, prepared));
}

/** Fingers and mice that are down, where they are on the picture. */
const down = new Map<number, Point>();

export function pointerDown(event: PointerEvent & { readonly currentTarget: HTMLElement }): void {
  if (event.button !== 0) return;
  const { currentTarget: target, pointerId } = event;
  target.setPointerCapture(pointerId);
  const point = pointOn(target, event);
  down.set(pointerId, point);
  pointer.value = point;
  const isPinch = down.size > 1; // two fingers zoom
  if (isPinch) endStroke();
  const seen = mode.value === 'cover' && !isPinch ? onSeen(point) : undefined;
  if (seen) beginStroke(seen.x, seen.y);
}

export function pointerMove(event: PointerEvent & { readonly currentTarget: HTMLElement }): void {
  const { currentTarget: target, pointerId } = event;
  const before = down.get(pointerId);
  // A fast hand moves more often than the screen is drawn: every point of its way counts.
  const events = mode.value === 'cover' && before ? event.getCoalescedEvents?.() : undefined;
  const way = (events?.length ? events : [event]).map((one) => pointOn(target, one));
  const point = way[way.length - 1];
  pointer.value = point;
  if (!before) return;
  if (down.size === 2) pinch(pointerId, before, point);
  else if (mode.value === 'cover') {
    for (const at of way) {
      const seen = onSeen(at);
      if (seen) continueStroke(seen.x, seen.y);
    }
    down.set(pointerId, point);
  } else if (mode.value === 'zoom' || zoom.value.scale > 1) {
    // The picture moves under the finger, so that it stays at the same point of it.
    move(point.x - before.x, point.y - before.y);
  }
}

/** Two fingers: their distance is the size, their middle moves the picture. */
function pinch(id: number, before: Point, point: Point): void {
  const [other] = [...down].filter(([key]) => key !== id).map(([, at]) => at);
  const distance = (a: Point) => Math.hypot(a.x - other.x, a.y - other.y);
  const factor = distance(point) / Math.max(1e-3, distance(before));
  zoomAt({ x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 }, factor);
}

export function pointerUp({ pointerId }: PointerEvent): void {
  down.delete(pointerId);
  endStroke();
}

export function pointerLeave({ pointerId, pointerType }: PointerEvent): void {
  if (!down.has(pointerId) && pointerType === 'mouse') pointer.value = undefined;
}

/** The wheel zooms where the pointer is. */
export function wheel(event: WheelEvent & { readonly currentTarget: HTMLElement }): void {
  // A page that scrolls under a picture is what a reader expects, unless the picture is being zoomed.
  if (!event.ctrlKey && mode.value !== 'zoom' && zoom.value.scale === 1) return;
  event.preventDefault();
  zoomAt(pointOn(event.currentTarget, event), STEP ** (-event.deltaY / 100));
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Arrows move the crosshair; Space or Enter covers what is under it; + - 0 zoom; Ctrl+Z takes back. */
export function keyDown(event: KeyboardEvent): void {
  const { key, shiftKey } = event;
  if (event.ctrlKey || event.metaKey) {
    if (key.toLowerCase() !== 'z' && key.toLowerCase() !== 'y') return;
    event.preventDefault();
    if (shiftKey || key.toLowerCase() === 'y') redo();
    else undo();
    return;
  }
  const act = actionOf(key, shiftKey);
  if (!act) return;
  event.preventDefault();
  act();
}

function actionOf(key: string, isLarge: boolean): (() => void) | undefined {
  const point = pointer.value ?? { x: 0.5, y: 0.5 };
  const arrow = arrows[key];
  const step = (isLarge ? 0.1 : 0.02) / zoom.value.scale;
  if (arrow)
    return () => {
      pointer.value = {
        x: clamp(point.x + arrow[0] * step, 0, 0.999),
        y: clamp(point.y + arrow[1] * step, 0, 0.999),
      };
    };
  if ((key === ' ' || key === 'Enter') && mode.value === 'cover')
    return () => {
      pointer.value = point;
      const seen = onSeen(point);
      if (seen) beginStroke(seen.x, seen.y);
      endStroke();
    };
  if (key === '+' || key === '=') return () => zoomAt(point, STEP);
  if (key === '-') return () => zoomAt(point, 1 / STEP);
  if (key === '0') return resetZoom;
  if (key === '[' || key === ']')
    return () => {
      brushSize.value = clamp(brushSize.value * (key === ']' ? STEP : 1 / STEP), 0.02, 1);
    };
  return undefined;
}

export function resetZoom(): void {
  zoom.value = whole;
}
