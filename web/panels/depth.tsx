/** Which feature map is explained: a slider from the first to the last. */
import { useSignal } from '@preact/signals';
import { chooseLayer, layer, opened, opening } from '../state/model.js';

const shortened = (name: string): string => name.replace(/_output_0$/, '').replace(/^\//, '');

export function DepthPanel() {
  const moving = useSignal<number | undefined>(undefined);
  const open = opened.value;
  if (!open || open.layers.length === 0) return null;
  const { layers } = open;
  const at = layers.findIndex(({ name }) => name === open.layer);
  const position = moving.value ?? (at < 0 ? layers.length - 1 : at);
  const { name, cells, shape } = layers[position];
  const size = cells ? `${cells.height} × ${cells.width}` : shape;
  const choose = (chosen: string | undefined) => {
    moving.value = undefined;
    void chooseLayer(chosen);
  };
  return (
    <section class="group" aria-labelledby="depth-title" aria-busy={opening.value !== undefined}>
      <h2 id="depth-title">Depth</h2>
      <input
        id="depth"
        type="range"
        min="0"
        max={layers.length - 1}
        disabled={layers.length < 2}
        value={position}
        aria-label="Layer, from the first feature map to the last"
        aria-valuetext={`${shortened(name)}, ${size}`}
        onInput={({ currentTarget }) => {
          moving.value = Number(currentTarget.value);
        }}
        onChange={({ currentTarget }) => choose(layers[Number(currentTarget.value)].name)}
      />
      <p class="ends">
        <span>first</span>
        <b id="layer-name">
          {shortened(name)} · {size}
        </b>
        <span>last</span>
      </p>
      <p class="hint" id="layer-reason">
        {open.reason}
      </p>
      <details>
        <summary>Names</summary>
        <label class="line">
          <span class="visually-hidden">Layer</span>
          <select
            id="layer"
            value={layer.value ?? ''}
            onChange={({ currentTarget }) => choose(currentTarget.value || undefined)}
          >
            <option value="">Automatic</option>
            {[...layers].reverse().map(({ name, shape }) => (
              <option key={name} value={name}>
                {name} {shape}
              </option>
            ))}
          </select>
        </label>
      </details>
    </section>
  );
}
