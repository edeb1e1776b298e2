import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const python = process.env.ONNX_CAM_BENCH_PYTHON ?? 'python3';

/** Whether `python3`, or the Python that ONNX_CAM_BENCH_PYTHON names, has NumPy. */
export const hasNumpy = spawnSync(python, ['-c', 'import numpy']).status === 0;

/**
 * Runs a script of bench/naive on the same bytes, on one thread. It prints its CPU milliseconds and writes
 * its answer to a file.
 */
export function runNumpy(
  script: string,
  inputs: Readonly<Record<string, Float32Array | Uint32Array>>,
  sizes: readonly number[],
): { milliseconds: number; answer: Float32Array } {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
  try {
    for (const [name, data] of Object.entries(inputs)) writeFileSync(join(folder, name), data);
    const printed = execFileSync(python, [join('bench/naive', script), folder, ...sizes.map(String)], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    });
    const answer = new Float32Array(new Uint8Array(readFileSync(join(folder, 'answer'))).buffer);
    return { milliseconds: Number(printed), answer };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
