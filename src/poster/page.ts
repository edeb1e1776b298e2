/** Pixels. */
export const WIDTH = 1200;
export const MARGIN = 36;
export const CONTENT = WIDTH - 2 * MARGIN;

/** A part of the poster: its elements and how high it is. */
export interface Part {
  readonly svg: readonly string[];
  readonly height: number;
}
