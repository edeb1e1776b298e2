/**
 * File and line of a line of a shader's text, 1 the first. A text with imported files has a mark
 * `//# <file>` in front of each, whose own lines are counted from there.
 */
export function sourceLine(code: string, file: string, line: number): { file: string; line: number } {
  const before = code.split('\n').slice(0, line - 1);
  const at = before.findLastIndex((text) => text.startsWith('//# '));
  return at < 0 ? { file, line } : { file: before[at].slice('//# '.length), line: line - at - 1 };
}
