import type { Backend } from '../src/backends/backend.js';
import { openGpu } from '../src/backends/gpu-device.js';
import { openWasm } from '../src/backends/wasm.js';
import { openWebGpu } from '../src/backends/webgpu.js';
import { CamError } from '../src/errors.js';

export const backends = ['wasm', 'webgpu'] as const;

const opened = new Map<string, Promise<Backend>>();

/**
 * A backend by name, one per test file. Where there is no GPU the test is skipped with the reason, or fails
 * if `ONNX_CAM_REQUIRE_GPU=1`.
 */
export async function open(
  name: (typeof backends)[number],
  skip: (reason: string) => void,
): Promise<Backend> {
  if (!opened.has(name)) opened.set(name, name === 'wasm' ? openWasm() : openGpu().then(openWebGpu));
  try {
    return await opened.get(name)!;
  } catch (error) {
    if (process.env.ONNX_CAM_REQUIRE_GPU === '1' || !(error instanceof CamError)) throw error;
    skip(error.message);
    throw error;
  }
}
