/** The brush: how large it is, and what it covers with. */
import {
  brushSize,
  canRedo,
  canUndo,
  fill,
  fills,
  percent,
  redo,
  reset,
  share,
  undo,
} from '../state/cover.js';

const fillNames = { grey: 'grey', blur: 'blurred', mean: 'mean colour', noise: 'noise' } as const;

export function BrushControls() {
  return (
    <span class="brush-controls">
      <input
        id="brush-size"
        type="range"
        min="4"
        max="60"
        title="Size of the brush"
        aria-label="Size of the brush, percent of the picture"
        value={Math.round(100 * brushSize.value)}
        onInput={({ currentTarget }) => {
          brushSize.value = Number(currentTarget.value) / 100;
        }}
      />
      <select
        id="fill"
        title="What covers the picture"
        aria-label="What covers the picture"
        value={fill.value}
        onChange={({ currentTarget }) => {
          fill.value = fills.find((one) => one === currentTarget.value) ?? fill.value;
        }}
      >
        {fills.map((one) => (
          <option key={one} value={one}>
            {fillNames[one]}
          </option>
        ))}
      </select>
      <button type="button" class="quiet" disabled={!canUndo.value} onClick={undo}>
        Undo
      </button>
      <button type="button" class="quiet" disabled={!canRedo.value} onClick={redo}>
        Redo
      </button>
      <button
        type="button"
        class="quiet"
        id="reset-cover"
        disabled={share.value === 0 && percent.value === 0}
        onClick={reset}
      >
        Reset
      </button>
    </span>
  );
}
