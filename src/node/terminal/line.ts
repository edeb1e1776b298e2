import { printable } from '../../errors.js';

/** A line of the program on `stderr`; names in it cannot begin another. */
export const line = (text: string): string => `onnx-cam: ${printable(text)}\n`;

/** Lines of a report, each its own. */
export const lines = (texts: readonly string[]): string =>
  texts.map((text) => `${printable(text)}\n`).join('');
