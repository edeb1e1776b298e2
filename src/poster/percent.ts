/** Scores as people read them. A module of its own, because the others here import a font. */

/** Whether a score can be a probability; some models' scores are values of any size. */
export const isShare = (score: number): boolean => score >= 0 && score <= 1;

/**
 * A probability as people read it: values near 0 or 100 % are never rounded to these. Any other score as a
 * number.
 */
export function percent(share: number): string {
  if (!isShare(share)) return String(Number(share.toPrecision(3))).replace('-', '−');
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share < 1 && share >= 0.9995) return '> 99.9 %';
  return `${(100 * share).toFixed(1)} %`;
}
