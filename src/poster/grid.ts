/** A layout of panels of one size in rows. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Size of a panel's picture, whole pixels. */
  readonly width: number;
  readonly height: number;
  /** From a panel's left edge to the next one's. */
  readonly step: number;
}

export const GAP = 24;

/** Most panels in a row: a caption narrower than a fifth of the poster is not readable. */
const MOST = 5;

/** Highest picture, pixels. */
const TALLEST = 660;

/** Lowest picture of a poster that is one row, pixels. */
const LOWEST = 250;

/** Highest grid, pixels. A higher one is chosen only where all are higher. */
const HIGHEST = 1400;

/**
 * Lays out `count` pictures of one shape in `width` pixels: in one row if they are large enough there.
 * Otherwise they are as large as possible on a poster that is not much higher than wide.
 * @param aspect   Width of a picture by its height.
 * @param caption  Height of the text below each, pixels.
 */
export function gridOf(count: number, aspect: number, width: number, caption: number): Grid {
  const grids = Array.from({ length: Math.min(MOST, count) }, (_, i): Grid => {
    const columns = i + 1;
    const column = (width - i * GAP) / columns;
    const least = (width - (MOST - 1) * GAP) / MOST;
    const tall = Math.min(column / aspect, TALLEST);
    const size = { width: Math.max(1, Math.round(tall * aspect)), height: Math.max(1, Math.round(tall)) };
    return {
      columns,
      rows: Math.ceil(count / columns),
      ...size,
      step: Math.min(column, Math.max(size.width, least)) + GAP,
    };
  });
  const high = ({ rows, height }: Grid): number => rows * (height + caption);
  const value = ({ columns, rows, width: w, height: h }: Grid): number => (w * h * count) / (columns * rows);
  const row = grids.find(({ rows, height }) => rows === 1 && height >= LOWEST);
  if (row) return row;
  const low = grids.filter((grid) => high(grid) <= HIGHEST);
  if (low.length > 0) return low.reduce((best, grid) => (value(grid) > value(best) ? grid : best));
  return grids.reduce((best, grid) => (high(grid) <= high(best) ? grid : best));
}
