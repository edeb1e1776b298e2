/** How maps are shown. */
import { signal } from '@preact/signals';
import type { ColorMapName } from '../../src/index.js';

/** 0 to 1. */
export const opacity = signal(0.6);
export const colormap = signal<ColorMapName>('turbo');
/** Whether the region of each map is framed. */
export const boxes = signal(false);
/** What the pointer does on the large map. */
export const mode = signal<'look' | 'cover' | 'zoom'>('look');

/** The part of the picture that is shown: its centre, 0..1 of the picture, and how many times as large. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}
export const whole: Zoom = { scale: 1, x: 0.5, y: 0.5 };
export const zoom = signal<Zoom>(whole);
