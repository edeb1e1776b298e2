/** The outline of a detection on a picture. */

/** Three lines around the box, outermost first: black, white, black, so that they show on any picture. */
const LINES = [0, 255, 0];

/**
 * Draws the outline of a box into RGBA pixels.
 * @param box  `[left, top, right, bottom]`, pixels of the picture; what lies outside is left out.
 */
export function drawBox(
  data: Uint8ClampedArray,
  width: number,
  height: number,
  box: readonly [number, number, number, number],
): void {
  const line = Math.max(1, Math.round(Math.max(width, height) / 320));
  const [left, top, right, bottom] = box.map(Math.round);
  LINES.forEach((shade, i) => {
    const out = (LINES.length - i) * line;
    const [x0, y0, x1, y1] = [left - out, top - out, right + out, bottom + out];
    const fill = (fromX: number, fromY: number, toX: number, toY: number) => {
      for (let y = Math.max(0, fromY); y < Math.min(height, toY); y++)
        for (let x = Math.max(0, fromX); x < Math.min(width, toX); x++) {
          const at = (y * width + x) * 4;
          data.fill(shade, at, at + 3);
          data[at + 3] = 255;
        }
    };
    fill(x0, y0, x1, y0 + line);
    fill(x0, y1 - line, x1, y1);
    fill(x0, y0, x0 + line, y1);
    fill(x1 - line, y0, x1, y1);
  });
}
