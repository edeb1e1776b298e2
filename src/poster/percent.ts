/** Scores as people read them. A module of its own, because the others here import a font. */

import type { Target } from '../types.js';

/** Whether a score can be a probability; some models' scores are values of any size. */
export const isShare = (score: number): boolean => score >= 0 && score <= 1;

/** The probability of a target; `undefined` of one that has none: a value, pixels, a likeness. */
export const shareOf = ({ name, box, score }: Target): number | undefined =>
  name === undefined || box ? score : undefined;

/** What a target's score is, as people read it. */
export function scoreText(target: Target): string {
  const share = shareOf(target);
  if (share !== undefined) return percent(share);
  if (target.pixels !== undefined) return `${target.pixels} ${target.pixels === 1 ? 'pixel' : 'pixels'}`;
  return number(target.score);
}

const number = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');

/**
 * A probability as people read it: values near 0 or 100 % are never rounded to these. Any other score as a
 * number.
 */
export function percent(share: number): string {
  if (!isShare(share)) return number(share);
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share < 1 && share >= 0.9995) return '> 99.9 %';
  return `${(100 * share).toFixed(1)} %`;
}
