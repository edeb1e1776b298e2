/** How maps are shown. */
import { colorMapNames } from '../../src/index.js';
import { boxes, colormap, opacity } from '../state/look.js';

export function LookPanel() {
  const percent = Math.round(100 * opacity.value);
  return (
    <section class="group" aria-labelledby="look-title">
      <h2 id="look-title">Look</h2>
      <label class="line">
        <span>Opacity</span>
        <input
          id="opacity"
          type="range"
          min="0"
          max="100"
          value={percent}
          aria-valuetext={`${percent} percent`}
          onInput={({ currentTarget }) => {
            opacity.value = Number(currentTarget.value) / 100;
          }}
        />
      </label>
      <label class="line">
        <span>Colours</span>
        <select
          id="colormap"
          value={colormap.value}
          onChange={({ currentTarget }) => {
            colormap.value = colorMapNames.find((name) => name === currentTarget.value) ?? colormap.value;
          }}
        >
          {colorMapNames
            .filter((name) => name !== 'diverging')
            .map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
        </select>
      </label>
      <label class="line">
        <span>Region boxes</span>
        <input
          id="boxes"
          type="checkbox"
          checked={boxes.value}
          onChange={({ currentTarget }) => {
            boxes.value = currentTarget.checked;
          }}
        />
      </label>
    </section>
  );
}
