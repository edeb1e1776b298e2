import type { Shader } from '../src/backends/backend.js';

/** `weighted-sum` → `weightedSum`. */
export function camelCase(file: string): string;

/**
 * Reads one shader's interface. Throws an Error that starts with `file:line:` when it breaks a convention.
 */
export function readShader(
  file: string,
  source: string,
  shared?: Readonly<Record<string, string>>,
): Shader & { readonly code: string };

/** Names of the shaders in this folder, sorted. */
export function shaderFiles(): string[];
