import type { Target } from '../types.js';
import { isIllegible, printable } from './text.js';

/**
 * A class as people read it: the first synonym of its label, or its number where the font cannot write the
 * label.
 */
export function className({ index, label, weights }: Target): string {
  const shown = printable(label?.split(',')[0] ?? '');
  const name = shown === '' || isIllegible(shown) ? `class ${index}` : shown;
  return weights ? `${name} and others, weighted` : name;
}

/** Whether a class's number stands for its label because the font cannot write that. */
export const isRenamed = ({ label }: Target): boolean => isIllegible(printable(label?.split(',')[0] ?? ''));
