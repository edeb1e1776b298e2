/** Fields for what is done to a picture. A change is taken at once; what cannot be is said. */
import type { Preprocessing } from '../../src/index.js';
import { editPreprocessing } from '../state/model.js';
import { fail } from '../state/notices.js';
import { presetOf, presets, withChannels, withPreset } from '../state/presets.js';

const change = (now: Preprocessing, changes: Partial<Preprocessing>): void =>
  void editPreprocessing({ ...now, ...changes });

/** Numbers with spaces or commas between them. */
function readNumbers(
  text: string,
  what: string,
  count: number,
  isFitting: (value: number) => boolean,
): number[] | undefined {
  const values = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  if (values.length === 1 && count > 1) values.push(...Array<number>(count - 1).fill(values[0]));
  if (values.length === count && values.every((value) => Number.isFinite(value) && isFitting(value)))
    return values;
  fail(`${what}: expected ${count === 1 ? 'a number' : `one number or ${count}`}, got "${text}".`);
  return undefined;
}

interface NumbersProps {
  readonly id: string;
  readonly label: string;
  readonly values: readonly number[];
  readonly isFitting?: (value: number) => boolean;
  readonly take: (values: number[]) => void;
}

function Numbers({ id, label, values, isFitting = () => true, take }: NumbersProps) {
  const text = values.join(' ');
  return (
    <label class="line">
      <span>{label}</span>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        key={text}
        defaultValue={text}
        onChange={({ currentTarget }) => {
          const read = readNumbers(currentTarget.value, label, values.length, isFitting);
          if (read) take(read);
          else currentTarget.value = text;
        }}
      />
    </label>
  );
}

const isLength = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 8192;

export function PreprocessingForm({ now }: { readonly now: Preprocessing }) {
  const { size, resize, shortestEdge, interpolation, mean, std, channels, scale } = now;
  const crop = shortestEdge ?? Math.round((Math.min(...size) * 256) / 224);
  return (
    <form class="preprocessing-form" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="row">
        <legend>Presets</legend>
        {presets.map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={presetOf(now) === name}
            onClick={() => void editPreprocessing(withPreset(now, name))}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <Numbers
        id="size"
        label="Height, width"
        values={size}
        isFitting={isLength}
        take={([height, width]) => change(now, { size: [height, width] })}
      />
      <label class="line">
        <span>Crop</span>
        <select
          id="resize"
          value={resize}
          onChange={({ currentTarget }) =>
            currentTarget.value === 'exact'
              ? change(now, { resize: 'exact', shortestEdge: undefined })
              : change(now, { resize: 'shortest', stretchedSize: undefined })
          }
        >
          <option value="exact">whole picture, stretched</option>
          <option value="shortest">centre, by the shorter side</option>
        </select>
      </label>
      {resize === 'shortest' && (
        <Numbers
          id="shortest-edge"
          label="Shorter side to"
          values={[crop]}
          isFitting={isLength}
          take={([shortestEdge]) => change(now, { shortestEdge })}
        />
      )}
      <label class="line">
        <span>Scaling</span>
        <select
          id="interpolation"
          value={interpolation}
          onChange={({ currentTarget }) => {
            const chosen = (['bilinear', 'bicubic', 'nearest'] as const).find(
              (one) => one === currentTarget.value,
            );
            if (chosen) change(now, { interpolation: chosen });
          }}
        >
          <option value="bilinear">bilinear</option>
          <option value="bicubic">bicubic</option>
          <option value="nearest">nearest</option>
        </select>
      </label>
      <label class="line">
        <span>Channels</span>
        <select
          id="channels"
          value={channels}
          onChange={({ currentTarget }) => {
            const chosen = (['RGB', 'BGR', 'GRAY'] as const).find((one) => one === currentTarget.value);
            if (chosen) void editPreprocessing(withChannels(now, chosen));
          }}
        >
          <option value="RGB">RGB</option>
          <option value="BGR">BGR</option>
          <option value="GRAY">grey</option>
        </select>
      </label>
      <label class="line">
        <span>Range</span>
        <select
          id="range"
          value={scale === 1 ? '255' : '1'}
          onChange={({ currentTarget }) =>
            change(now, { scale: currentTarget.value === '255' ? 1 : undefined })
          }
        >
          <option value="1">0..1 before mean and std</option>
          <option value="255">0..255 before mean and std</option>
        </select>
      </label>
      <Numbers id="mean" label="Mean" values={mean} take={(mean) => change(now, { mean })} />
      <Numbers
        id="std"
        label="Std"
        values={std}
        isFitting={(value) => value > 0}
        take={(std) => change(now, { std })}
      />
    </form>
  );
}
