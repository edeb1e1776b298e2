/** The large map, which answers hands. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { brushSize } from '../state/cover.js';
import { mode, zoom } from '../state/look.js';
import { results, shownMethod, title } from '../state/methods.js';
import { opening, preprocessing } from '../state/model.js';
import { picture } from '../state/pictures.js';
import { Crosshair } from './crosshair.js';
import { type Rectangle, seenPart } from './geometry.js';
import { keyDown, pointerDown, pointerLeave, pointerMove, pointerUp, wheel } from './gestures.js';
import { MapCanvas } from './map-canvas.js';
import { stageCopy } from './paint.js';
import { pointer, readOut } from './pointer.js';

const percent = (value: number): string => `${100 * value}%`;

const placed = ({ x, y, width, height }: Rectangle) => ({
  left: percent(x),
  top: percent(y),
  width: percent(width),
  height: percent(height),
});

/** The brush under the pointer, as large as what it covers. */
function Brush({ part, ratio }: { readonly part: Rectangle; readonly ratio: number }) {
  const at = pointer.value;
  if (mode.value !== 'cover' || !at) return null;
  // Its diameter is in parts of the shorter side of what the network sees, which it may have stretched.
  const size = brushSize.value * Math.min(part.width * ratio, part.height);
  return (
    <span
      class="brush"
      aria-hidden="true"
      style={{ left: percent(at.x), top: percent(at.y), height: percent(size), width: percent(size / ratio) }}
    />
  );
}

export function Stage() {
  const frame = useRef<HTMLElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  const [shown, prepared] = [picture.value, preprocessing.value];
  const ratio = shown ? shown.picture.width / shown.picture.height : 1;
  useSignalEffect(() => {
    const { scale, x, y } = zoom.value;
    const { style } = surface.current ?? {};
    style?.setProperty('transform', `scale(${scale}) translate(${percent(0.5 - x)}, ${percent(0.5 - y)})`);
  });
  useEffect(() => {
    // Not passive: it keeps the page from scrolling while it zooms.
    const element = surface.current;
    const listener = wheel as (event: WheelEvent) => void;
    element?.addEventListener('wheel', listener, { passive: false });
    return () => element?.removeEventListener('wheel', listener);
  }, []);
  const part = shown && prepared && seenPart(shown, prepared);
  const isWhole = !part || (part.x <= 0 && part.y <= 0 && part.width >= 1 && part.height >= 1);
  const method = shownMethod.value;
  const { state } = results.value[method] ?? {};
  const isBusy = opening.value !== undefined || state === 'waiting' || state === 'running';
  return (
    <div class="stage">
      <figure ref={frame} aria-busy={isBusy} style={{ '--ratio': String(ratio) }} data-mode={mode.value}>
        <div
          ref={surface}
          class="surface"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is pointed at with the keyboard too
          tabIndex={0}
          role="application"
          aria-label={`${title(method)} on ${shown?.stem ?? 'no picture'}. Arrows move the crosshair, plus and minus zoom.`}
          aria-describedby="read-out"
          onPointerDown={pointerDown}
          onPointerMove={pointerMove}
          onPointerUp={pointerUp}
          onPointerCancel={pointerUp}
          onPointerLeave={pointerLeave}
          onKeyDown={keyDown}
        >
          <MapCanvas method={method} copyOf={stageCopy} hasCover />
          {part && !isWhole && <span class="seen-frame" aria-hidden="true" style={placed(part)} />}
          <Crosshair />
          {part && <Brush part={part} ratio={ratio} />}
        </div>
        {isBusy && <span class="busy">{opening.value ? `Opening ${opening.value} …` : 'Computing …'}</span>}
        <output id="read-out" class="read-out" hidden={readOut.value === undefined}>
          {readOut.value}
        </output>
      </figure>
    </div>
  );
}
