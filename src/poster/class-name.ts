import type { Target } from '../types.js';
import { isIllegible, printable } from './text.js';

/**
 * A class as people read it: its label's first synonym, or its number where there is none that can be read.
 */
export function className({ index, label, weights }: Target): string {
  const shown = printable(label?.split(',')[0] ?? '');
  const name = shown === '' || isIllegible(shown) ? `class ${index}` : shown;
  return weights ? `${name} and others, weighted` : name;
}

/** Whether a class's number stands for its label, since that cannot be shown. */
export const isRenamed = ({ label }: Target): boolean => isIllegible(printable(label?.split(',')[0] ?? ''));
