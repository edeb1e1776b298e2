import { printable } from '../../errors.js';

/** One line of the program on `stderr`. Names in it cannot start another line. */
export const line = (text: string): string => `onnx-cam: ${printable(text)}\n`;

/** The lines of a report, one after another. */
export const lines = (texts: readonly string[]): string =>
  texts.map((text) => `${printable(text)}\n`).join('');
