import type { Target } from '../types.js';
import { isIllegible, printable } from './text.js';

/**
 * A target as people read it: the first synonym of a class's label, or its number where the font cannot write
 * the label.
 */
export function className(target: Target): string {
  const { name, box, pixels } = target;
  if (name === undefined) return classOf(target);
  const hasClass = box !== undefined || pixels !== undefined;
  return hasClass ? `${classOf(target)} (${name})` : printable(name);
}

function classOf({ index, label, weights }: Target): string {
  const shown = printable(label?.split(',')[0] ?? '');
  const name = shown === '' || isIllegible(shown) ? `class ${index}` : shown;
  return weights ? `${name} and others, weighted` : name;
}

/** Whether a class's number stands for its label because the font cannot write that. */
export const isRenamed = ({ label }: Target): boolean => isIllegible(printable(label?.split(',')[0] ?? ''));
