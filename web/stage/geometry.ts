/** Where things lie on a picture, in parts 0..1 of its width and height. */
import type { Preprocessing } from '../../src/index.js';
import { viewOf } from '../../src/index.js';
import type { Shown } from '../files/shown.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

/** The part of the picture that the network sees; it may reach beyond the picture. */
export function seenPart({ picture: { width, height } }: Shown, preprocessing: Preprocessing): Rectangle {
  const view = viewOf(width, height, preprocessing);
  return { x: view.x / width, y: view.y / height, width: view.width / width, height: view.height / height };
}

/** A point of the picture, in parts of what the network sees; outside of 0..1 it does not see it. */
export const inSeen = ({ x, y }: Point, part: Rectangle): Point => ({
  x: (x - part.x) / part.width,
  y: (y - part.y) / part.height,
});

export const isInside = ({ x, y }: Point): boolean => x >= 0 && x < 1 && y >= 0 && y < 1;

/** Where the pointer is on an element, in parts of it, whatever it is scaled by. */
export function pointOn(element: Element, { clientX, clientY }: MouseEvent): Point {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: (clientX - left) / width, y: (clientY - top) / height };
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));
