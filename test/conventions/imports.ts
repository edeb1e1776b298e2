// Strings of all three kinds, and comments, in one pass: each may contain text that looks like the other.
const TOKENS = /'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`|\/\*[\s\S]*?\*\/|\/\/.*/g;

/**
 * The modules that a source names, types included: `import … from`, `export … from`, `import('…')`,
 * `import '…'`. Comments and strings do not count. A dynamic import of an expression is given as the text of
 * the expression.
 */
export function importsOf(source: string): string[] {
  const strings: string[] = [];
  const code = source.replace(TOKENS, (_, single?: string, double?: string, template?: string) => {
    const text = single ?? double ?? template;
    return text === undefined ? ' ' : `"${strings.push(text) - 1}"`;
  });
  const fixed = [...code.matchAll(/\b(?:from|import)\s*"(\d+)"/g)].map(([, i]) => strings[Number(i)]);
  const dynamic = [...code.matchAll(/\bimport\s*\(\s*(?:"(\d+)"|([^)]*))/g)];
  return [...fixed, ...dynamic.map(([, i, text]) => (i === undefined ? text.trim() : strings[Number(i)]))];
}
