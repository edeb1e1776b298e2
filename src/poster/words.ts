import type { Target } from '../types.js';
import { isIllegible, printable } from './text.js';

/** A class as people read it: its label's first synonym, or its number where there is none that can be read. */
export function className({ index, label, weights }: Target): string {
  const shown = printable(label?.split(',')[0] ?? '');
  const name = shown === '' || isIllegible(shown) ? `class ${index}` : shown;
  return weights ? `${name} and others, weighted` : name;
}

/** Whether a class's number stands for its label, since that cannot be shown. */
export const isRenamed = ({ label }: Target): boolean => isIllegible(printable(label?.split(',')[0] ?? ''));

/** Whether a score can be a probability; some models' scores are values of any size. */
export const isShare = (score: number): boolean => score >= 0 && score <= 1;

/** A probability as people read it, never 0 or 100 % where it is only near; any other score as a number. */
export function percent(share: number): string {
  if (!isShare(share)) return String(Number(share.toPrecision(3))).replace('-', '−');
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share < 1 && share >= 0.9995) return '> 99.9 %';
  return `${(100 * share).toFixed(1)} %`;
}
