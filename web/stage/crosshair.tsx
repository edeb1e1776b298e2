/** The crosshair: at the same spot of the picture wherever it is shown. */
import { pointer } from './pointer.js';

export function Crosshair() {
  const at = pointer.value;
  if (!at || at.x < 0 || at.y < 0 || at.x > 1 || at.y > 1) return null;
  return (
    <span class="crosshair" aria-hidden="true" style={{ left: `${100 * at.x}%`, top: `${100 * at.y}%` }} />
  );
}
