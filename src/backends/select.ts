import { CamError } from '../errors.js';
import type { Backend } from './backend.js';
import { type Gpu, openGpu, openRealGpu } from './gpu-device.js';

// A page loads only the backend that it opens: the WebAssembly code or the shaders' texts.
const wasm = async () => (await import('./wasm.js')).openWasm();
const webGpu = async (gpu: Gpu) => (await import('./webgpu.js')).openWebGpu(gpu, true);

export type BackendName = 'auto' | 'wasm' | 'webgpu';

/**
 * Opens a backend. `auto` chooses WebGPU on a real GPU, else WebAssembly: a software adapter is slower than
 * WebAssembly. The result's `name` and `device` say which was chosen.
 * @throws {CamError} `backend` when an explicit choice is not available; without a GPU, `auto` never throws.
 */
export async function openBackend(name: BackendName = 'auto'): Promise<Backend> {
  switch (name) {
    case 'wasm':
      return wasm();
    case 'webgpu':
      return webGpu(await openGpu());
    case 'auto': {
      const gpu = await openRealGpu();
      return gpu ? webGpu(gpu) : wasm();
    }
    default:
      throw new CamError(
        'option',
        `backend: expected 'auto', 'wasm' or 'webgpu', got '${String(name satisfies never)}'.`,
      );
  }
}
