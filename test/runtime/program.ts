import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

export interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a TypeScript program in a new process, where only the named packages are installed. It sees the
 * project's files under `./src` and `./test`. After a minute it is killed: code null.
 */
export async function runProgram(source: string, packages: readonly string[]): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-'));
  try {
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    for (const name of packages) symlinkSync(resolve('node_modules', name), join(modules, name));
    const file = join(folder, 'program.mjs');
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: resolve('.'), loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    writeFileSync(file, outputFiles[0].contents);
    return await new Promise((done) => {
      execFile(process.execPath, [file], { timeout: 60_000 }, (error, stdout, stderr) =>
        done({ code: error ? (error.code ?? null) : 0, stdout, stderr }),
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
