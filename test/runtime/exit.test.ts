import { describe, expect, test } from 'vitest';
import { openGpu } from '../../src/backends/gpu-device.js';
import { CamError } from '../../src/errors.js';
import { runProgram } from './program.js';

/** Explains nothing: one forward pass on the GPU whose output stays there; then the program ends by `end`. */
const program = (end: string) => `
  import { openGpu } from './src/backends/gpu-device.js';
  import { openSession } from './src/runtime/index.js';
  import { FLOAT, unary } from './test/runtime/models.js';
  const { device } = await openGpu();
  const session = await openSession({ bytes: unary('Neg', FLOAT, ['n']) }, { runtime: 'webgpu', device, keepOnDevice: ['y'] });
  const { y } = await session.run({ x: { data: Float32Array.of(1, -2), shape: [2] } });
  console.log(session.runtime, y.bytes);
  ${end}`;

const packages = ['onnxruntime-common', 'onnxruntime-web', 'webgpu'];

describe('a process that ran a model on the GPU', { timeout: 120_000 }, () => {
  test.for([
    ['everything disposed', 'await session.dispose(); device.destroy();', 0],
    ['nothing disposed, an exit code set', 'process.exitCode = 3;', 3],
    ['device destroyed under an open session', 'device.destroy(); process.exitCode = 3;', 3],
    ['process.exit in the middle', 'process.exit(3);', 3],
  ] as const)('ends with its exit code: %s', async ([, end, code], { skip }) => {
    const gpu = await openGpu().catch((error: unknown) => {
      if (process.env.ONNX_CAM_REQUIRE_GPU === '1' || !(error instanceof CamError)) throw error;
      return skip(error.message);
    });
    gpu.device.destroy();
    expect(await runProgram(program(end), packages)).toEqual({
      code,
      stdout: 'onnxruntime-web webgpu 8\n',
      stderr: '',
    });
  });
});
