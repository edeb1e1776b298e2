import { CamError } from '../errors.js';
import type { Backend } from './backend.js';
import { openGpu } from './gpu-device.js';
import { openWasm } from './wasm.js';
import { openWebGpu } from './webgpu.js';

export type BackendName = 'auto' | 'wasm' | 'webgpu';

/**
 * Opens a backend. `auto` takes WebGPU on a real adapter and WebAssembly otherwise: a software adapter is slower than
 * WebAssembly. The result's `name` and `device` say what was taken.
 * @throws {CamError} `backend` when an explicit choice cannot be had; `auto` never throws for want of a GPU.
 */
export async function openBackend(name: BackendName = 'auto'): Promise<Backend> {
  switch (name) {
    case 'wasm':
      return openWasm();
    case 'webgpu':
      return openWebGpu(await openGpu(), true);
    case 'auto': {
      const gpu = await openGpu().catch(() => undefined);
      if (gpu && !gpu.software) return openWebGpu(gpu, true);
      gpu?.device.destroy();
      return openWasm();
    }
    default:
      throw new CamError(
        'option',
        `backend: expected 'auto', 'wasm' or 'webgpu', got '${String(name satisfies never)}'.`,
      );
  }
}
