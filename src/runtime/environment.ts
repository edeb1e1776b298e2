export const inNode = typeof process !== 'undefined' && typeof process.versions?.node === 'string';

const MOST_THREADS = 8; // small models and layers gain nothing from more

/** The default number of threads: the machine's cores, at most 8; 1 on pages that may not share memory. */
export async function defaultThreads(): Promise<number> {
  if (inNode) return Math.min((await onlyInNode.os()).availableParallelism(), MOST_THREADS);
  return globalThis.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) : 1;
}

// The specifiers are in variables, and the comments are there, so that bundlers leave these imports alone.
// Bundlers for browsers must not follow them. Bundlers for Node must not include packages that find their
// binaries beside their own files.
const names = {
  module: 'node:module',
  os: 'node:os',
  v8: 'node:v8',
  ort: 'onnxruntime-node',
  web: 'onnxruntime-web',
  dawn: 'webgpu',
};
type Import<Module> = () => Promise<Module>;

/**
 * A package in CommonJS. `import` would first read its files for the names that they export, which takes half
 * as long again as loading them.
 */
async function required(name: string) {
  const { createRequire }: typeof import('node:module') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ names.module
  );
  return createRequire(import.meta.url)(name);
}

/** Modules that exist only in Node. The two ONNX Runtimes and Dawn reject where they are not installed. */
export const onlyInNode: {
  readonly os: Import<typeof import('node:os')>;
  readonly v8: Import<typeof import('node:v8')>;
  readonly ort: Import<typeof import('onnxruntime-node')>;
  readonly web: Import<typeof import('onnxruntime-web')>;
  readonly dawn: Import<typeof import('webgpu')>;
} = {
  os: () => import(/* @vite-ignore */ /* webpackIgnore: true */ names.os),
  v8: () => import(/* @vite-ignore */ /* webpackIgnore: true */ names.v8),
  ort: () => required(names.ort),
  web: () => import(/* @vite-ignore */ /* webpackIgnore: true */ names.web),
  dawn: () => import(/* @vite-ignore */ /* webpackIgnore: true */ names.dawn),
};
