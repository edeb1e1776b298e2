import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { open } from '../backends.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const START = `
  import { openGpu } from './src/backends/gpu-device.js';
  import { openWebGpu } from './src/backends/webgpu.js';
  import { opsOn } from './src/kernels/ops.js';
  const backend = openWebGpu(await openGpu());
  // Large enough to be still running when the program ends.
  const x = backend.upload(new Float32Array(2 ** 18).fill(1), [1, 256, 32, 32], 'float32');
  const y = opsOn(backend).channelSum(x);
`;

/** Runs the program in its own Node process, as a user would; a hang ends with the signal SIGKILL. */
async function run(program: string) {
  const { outputFiles } = await build({
    stdin: { contents: START + program, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-'], {
    cwd: root,
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdin.end(outputFiles[0].text);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...how) => resolve(how));
  });
  return { code, signal, output, errors };
}

const READ = "const sum = await backend.read(y); if (sum[0] !== 256) throw new Error('wrong'); ";
const UNAWAITED = 'void backend.read(y).catch(() => {}); ';

// Dawn keeps Node alive while work is pending, and crashes when its objects are collected under that work.
const endings = [
  ['after a read', `${READ}`, 0],
  ['after a read and dispose', `${READ} backend.dispose();`, 0],
  ['after dispose and the end of the device', `${READ} backend.dispose(); backend.gpu.device.destroy();`, 0],
  ['with work that nobody reads', '', 0],
  ['with a read that nobody awaits', UNAWAITED, 0],
  ['with a read that nobody awaits, then dispose', `${UNAWAITED} backend.dispose();`, 0],
  ['with a read that nobody awaits, then garbage collection', `${UNAWAITED} gc(); setTimeout(gc, 1);`, 0],
  [
    'with a read of a backend that is itself unreachable',
    `void (async () => {
      const other = openWebGpu(await openGpu());
      void other.read(opsOn(other).relu(other.upload(new Float32Array(2 ** 20), [2 ** 20], 'float32')));
      setTimeout(gc, 0);
    })(); gc();`,
    0,
  ],
  ['with exitCode 3', `${READ} process.exitCode = 3;`, 3],
  ['with exitCode 3 and a read that nobody awaits', `${UNAWAITED} process.exitCode = 3;`, 3],
  ['by process.exit(4) right after a read began', `${UNAWAITED} process.exit(4);`, 4],
  ['by an error thrown right after a read began', `${UNAWAITED} throw new Error('thrown');`, 1],
] as const;

describe('a program that used WebGPU ends by itself', () => {
  test.for(endings)('%s', async ([, ending, code], { skip }) => {
    await open('webgpu', skip);
    const end = await run(`console.log('begun'); ${ending}`);
    expect(end).toMatchObject({ code, signal: null, output: 'begun\n' });
    if (!ending.includes("throw new Error('thrown"))
      expect(end.errors).not.toMatch(/error|abort|segmentation/i);
  });

  test('a read that nobody awaits still completes', async ({ skip }) => {
    await open('webgpu', skip);
    const end = await run(
      "backend.read(y).then(([sum]) => console.log('sum', sum)); console.log('end of program');",
    );
    expect(end).toMatchObject({ code: 0, signal: null, output: 'end of program\nsum 256\n' });
  });
});
