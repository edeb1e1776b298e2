/** The texts of the shared files by the path that an import names, `shared/<name>.wgsl`. */
export function sharedFiles(): Readonly<Record<string, string>>;

/**
 * The text that a device compiles: without comments, imported files at its end. Throws an Error that starts
 * with `file:line:` for an import of no file, one that is missing, and a declaration that an import needs.
 */
export function resolveImports(
  file: string,
  source: string,
  shared?: Readonly<Record<string, string>>,
): string;
