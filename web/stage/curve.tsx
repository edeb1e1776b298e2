/** What the class is worth while more and more is covered: by the map's heat, and at random. */
import type { CurvePoints } from '../engine/protocol.js';
import { direction, order, percent } from '../state/cover.js';
import { mode } from '../state/look.js';
import { classB, className, indexA, probabilities, side } from '../state/question.js';
import { curve, randomCurve } from '../state/scoring.js';

const WIDTH = 600;
const HEIGHT = 74;
const MARGIN = 6;

const x = (fraction: number): number => fraction * WIDTH;
const y = (probability: number): number => HEIGHT - MARGIN - probability * (HEIGHT - 2 * MARGIN);

/** A line through the points that are known. */
function path(points: CurvePoints | undefined, at: number): string {
  if (!points) return '';
  return points.fractions
    .flatMap((fraction, i) => {
      const value = points.scores[at]?.[i];
      return value === undefined ? [] : [`${x(fraction).toFixed(1)} ${y(value).toFixed(1)}`];
    })
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${point}`)
    .join(' ');
}

const area = (points: CurvePoints | undefined, at: number): string | undefined =>
  points?.areas?.[at]?.toFixed(3);

export function Curve() {
  const isB = side.value === 'B' && classB.value !== undefined;
  const at = isB ? 1 : 0;
  const index = isB ? classB.value : indexA.value;
  const name = index === undefined ? 'the class' : className(index);
  const now = index === undefined ? undefined : probabilities.value?.[index];
  const [own, random] = [area(curve.value, at), area(randomCurve.value, at)];
  const title = direction.value === 'deletion' ? 'Deletion' : 'Insertion';
  const isHottest = order.value === 'hottest';
  const found = own && `area ${own}${random ? `; at random ${random}` : ''}`;
  return (
    <div class="curve" data-side={isB ? 'B' : 'A'}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} curve${found ? `, ${found}` : ''}. Probability of ${name} while pixels are ${direction.value === 'deletion' ? 'covered' : 'shown'}.`}
      >
        <line class="axis" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
        <path class="random" d={path(randomCurve.value, at)} />
        <path class="own" d={path(curve.value, at)} />
      </svg>
      {mode.value === 'cover' && now !== undefined && (
        <span
          class={`dot${isHottest ? '' : ' at-random'}`}
          aria-hidden="true"
          style={{ left: `${percent.value}%`, top: `${(100 * y(now)) / HEIGHT}%` }}
        />
      )}
      {mode.value === 'cover' ? (
        <p class="hint">
          <span class="curve-name">{title} curve, </span>
          {found ?? '…'}
        </p>
      ) : (
        <p class="hint invitation">Is the map true? Cover its hottest pixels: then the class falls fast.</p>
      )}
    </div>
  );
}
