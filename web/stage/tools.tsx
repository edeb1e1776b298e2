/** Above the map: which class, what the pointer does, and what the map is. */
import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type ColorMapName, colorMap } from '../../src/index.js';
import { context2d, duration } from '../dom.js';
import { colormap, mode, zoom } from '../state/look.js';
import { shownMethod, title } from '../state/methods.js';
import { opened } from '../state/model.js';
import { classB, className, indexA, side } from '../state/question.js';
import { BrushControls } from './brush-controls.js';
import { resetZoom } from './gestures.js';
import { stageMap } from './pointer.js';
import { colormapOf } from './shown-map.js';

interface SegmentProps<T extends string> {
  readonly label: string;
  readonly choices: readonly (readonly [value: T, text: string, name: string])[];
  readonly value: T;
  readonly choose: (value: T) => void;
}

function Segment<T extends string>({ label, choices, value, choose }: SegmentProps<T>) {
  return (
    <fieldset class="segment">
      <legend class="visually-hidden">{label}</legend>
      {choices.map(([choice, text, name]) => (
        <button
          type="button"
          key={choice}
          class={`side-${choice}`}
          aria-pressed={value === choice}
          aria-label={name}
          title={name}
          onClick={() => choose(choice)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

function Sides() {
  const [a, b] = [indexA.value, classB.value];
  if (a === undefined || b === undefined) return null;
  const [nameA, nameB] = [className(a), className(b)];
  return (
    <Segment
      label="Whose heat"
      value={side.value}
      choose={(value) => {
        side.value = value;
      }}
      choices={[
        ['A', 'A', `A: ${nameA}`],
        ['B', 'B', `B: ${nameB}`],
        ['A-B', 'A − B', `A − B: ${nameA} less ${nameB}`],
      ]}
    />
  );
}

function Modes() {
  return (
    <Segment
      label="What the pointer does"
      value={mode.value}
      choose={(value) => {
        mode.value = value;
      }}
      choices={[
        ['look', 'Look', 'Look: point at the map to read it'],
        ['cover', 'Cover', 'Cover: paint over the picture and see what the model says'],
        ['zoom', 'Zoom', 'Zoom: wheel or pinch, drag to move'],
      ]}
    />
  );
}

/** What is on the stage, in a line. */
function Facts() {
  const map = stageMap.value;
  const layer = opened.value?.layer.replace(/_output_0$/, '').replace(/^\//, '');
  const facts = [
    title(shownMethod.value),
    ...(map ? [map.label] : []),
    ...(map?.maps.every(({ classAgnostic }) => classAgnostic) ? ['same for every class'] : []),
    ...(layer ? [layer] : []),
  ];
  const [name, ...others] = facts;
  const time = map && duration(map.maps.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
  return (
    <p class="facts">
      <b>{name}</b> {others.join(' · ')}
      {time && <span class="number"> · {time}</span>}
    </p>
  );
}

function Legend() {
  const bar = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    const map = stageMap.value;
    const name: ColorMapName = map ? colormapOf(map, colormap.value) : colormap.value;
    if (!bar.current) return;
    const table = colorMap(name);
    const data = new Uint8ClampedArray(1024).fill(255);
    for (let i = 0; i < 256; i++) data.set(table.subarray(3 * i, 3 * i + 3), 4 * i);
    Object.assign(bar.current, { width: 256, height: 1 });
    context2d(bar.current).putImageData(new ImageData(data, 256, 1), 0, 0);
  });
  const isSigned = stageMap.value?.isSigned === true;
  return (
    <span class="legend">
      <span aria-hidden="true">{isSigned ? '−1' : '0'}</span>
      <canvas
        ref={bar}
        role="img"
        aria-label={
          isSigned ? 'Colours from −1, for B, over 0 to 1, for A' : 'Colours from 0, weakest, to 1, strongest'
        }
      />
      <span aria-hidden="true">{isSigned ? '+1' : '1'}</span>
    </span>
  );
}

export function Tools() {
  return (
    <div class="tools" data-mode={mode.value}>
      <Sides />
      <Modes />
      <span class="break" />
      {mode.value === 'cover' ? <BrushControls /> : <Facts />}
      {zoom.value.scale > 1 && (
        <button type="button" class="quiet" onClick={resetZoom}>
          {zoom.value.scale.toFixed(1)} × · whole picture
        </button>
      )}
      <Legend />
    </div>
  );
}
