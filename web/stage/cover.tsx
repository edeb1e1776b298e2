/** Below the map: cover its hottest pixels, and see whether the class falls. */
import { direction, order, percent } from '../state/cover.js';
import { mode } from '../state/look.js';
import { baseline, classB, indexA, probabilities, side } from '../state/question.js';
import { randomCurve } from '../state/scoring.js';
import { Curve } from './curve.js';
import { percentage } from './percentage.js';

/** Whoever moves the slider wants to see what is covered. */
function cover(hundredths: number): void {
  mode.value = 'cover';
  percent.value = hundredths;
}

function Choice() {
  return (
    <p class="sentence">
      <select
        aria-label="What becomes of the pixels"
        id="direction"
        value={direction.value}
        onChange={({ currentTarget }) => {
          direction.value = currentTarget.value === 'insertion' ? 'insertion' : 'deletion';
          mode.value = 'cover';
        }}
      >
        <option value="deletion">Cover</option>
        <option value="insertion">Show only</option>
      </select>
      <select
        aria-label="Which pixels"
        id="order"
        value={order.value}
        onChange={({ currentTarget }) => {
          order.value = currentTarget.value === 'random' ? 'random' : 'hottest';
          mode.value = 'cover';
        }}
      >
        <option value="hottest">the hottest</option>
        <option value="random">at random</option>
      </select>
      <span>
        <b class="number">{percent.value} %</b> of the pixels
      </span>
    </p>
  );
}

const points = (difference: number): string => {
  const rounded = Math.round(100 * difference);
  return `${rounded < 0 ? '−' : '+'}${Math.abs(rounded)} points`;
};

/** What the model says now, beside what as many pixels at random would make of it. */
function Outcome() {
  const at = side.value === 'B' && classB.value !== undefined ? 1 : 0;
  const index = at === 1 ? classB.value : indexA.value;
  if (index === undefined || mode.value !== 'cover') return null;
  const [before, now] = [baseline.value?.[index], probabilities.value?.[index]];
  if (before === undefined || now === undefined) return null;
  const random = randomCurve.value?.scores[at]?.[percent.value];
  return (
    <p class="outcome" aria-live="polite">
      <span class="number">
        {percentage(before)} → <b>{percentage(now)}</b>
      </span>
      {random !== undefined && order.value === 'hottest' && percent.value > 0 && (
        <small>at random {points(random - before)}</small>
      )}
    </p>
  );
}

export function Cover() {
  const what = order.value === 'hottest' ? 'the hottest' : 'at random';
  return (
    <section class="cover" aria-labelledby="cover-title">
      <h2 id="cover-title" class="visually-hidden">
        Cover it and see
      </h2>
      <Choice />
      <div class="cover-curve">
        <Curve />
        <input
          id="cover-percent"
          type="range"
          min="0"
          max="100"
          aria-label={`${direction.value === 'deletion' ? 'Cover' : 'Show only'} ${what}, percent of the pixels`}
          value={percent.value}
          onInput={({ currentTarget }) => cover(Number(currentTarget.value))}
        />
      </div>
      <Outcome />
    </section>
  );
}
