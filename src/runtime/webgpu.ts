import { CamError } from '../errors.js';
import { externalData } from './cpu.js';
import { inNode, onlyInNode } from './environment.js';
import { Lock } from './lock.js';
import { runtimeError } from './ort-errors.js';
import { QUIET } from './quiet.js';
import type { ModelBytes, OrtSession } from './types.js';

/** Held around every call into ONNX Runtime's WebGPU build, whatever the session. */
export const webGpuLock = new Lock();

const importWebGpu = () => import('onnxruntime-web/webgpu');
type WebGpuBuild = Awaited<ReturnType<typeof importWebGpu>>;

export const WEBGPU = 'onnxruntime-web webgpu';

/**
 * A session of onnxruntime-web on the given device, so that its kernels and ours share the device. Call it
 * with `webGpuLock` held.
 *
 * @throws {CamError} `backend` where ONNX Runtime's WebGPU build does not start here; `model`.
 */
export function openWebGpu(
  model: ModelBytes,
  device: GPUDevice,
  keepOnDevice: readonly string[],
): Promise<OrtSession> {
  return withoutTierUp(async () => {
    const ort = await loadBuild(device);
    return ort.InferenceSession.create(model.bytes, {
      ...QUIET,
      // In the default layout, NHWC, some grouped transposed convolutions are silently wrong.
      executionProviders: [{ name: 'webgpu', device, preferredLayout: 'NCHW' }],
      preferredOutputLocation: Object.fromEntries(keepOnDevice.map((name) => [name, 'gpu-buffer'])),
      ...externalData(model),
    }).catch((cause: unknown) => {
      throw notStarted(cause) ? unavailable(cause) : runtimeError(WEBGPU, 'load', cause);
    });
  });
}

async function loadBuild(device: GPUDevice): Promise<WebGpuBuild> {
  if (inNode) await provideNavigatorGpu();
  if (nodeBefore(22)) copySharedUploads(device.queue);
  const ort = await importWebGpu().catch((cause: unknown) => {
    throw unavailable(cause);
  });
  // Threads would serve only the few operators that stay on the CPU, and they do not start in Node.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  return ort;
}

const notStarted = (cause: unknown) =>
  cause instanceof Error && cause.message.includes('no available backend found');

function unavailable(cause: unknown): CamError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CamError(
    'backend',
    `runtime webgpu: onnxruntime-web's WebGPU build does not start here (${reason}). Run the model on the CPU (runtime auto); its activations are uploaded to the device then.`,
    { cause },
  );
}

/** ONNX Runtime checks for `navigator.gpu` before it uses the given device. */
async function provideNavigatorGpu(): Promise<void> {
  if (globalThis.navigator?.gpu) return;
  const { create, globals } = await onlyInNode.dawn().catch((cause: unknown) => {
    throw new CamError(
      'backend',
      'runtime webgpu: the package webgpu is not installed. Run npm install webgpu, or run the model on the CPU (runtime auto).',
      { cause },
    );
  });
  Object.assign(globalThis, globals);
  const gpu = create([]); // stays reachable through `navigator`: Dawn crashes when it is collected
  if (globalThis.navigator)
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true });
}

function nodeBefore(major: number): boolean {
  return inNode && Number.parseInt(process.versions.node, 10) < major;
}

const patched = new WeakSet<GPUQueue>();

/**
 * Copies shared memory before `writeBuffer`: Node 20 crashes on it, and the heap of ONNX Runtime's
 * WebAssembly is shared memory.
 */
function copySharedUploads(queue: GPUQueue): void {
  if (patched.has(queue)) return;
  patched.add(queue);
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, bufferOffset, data, dataOffset = 0, size) => {
    if (!ArrayBuffer.isView(data) || data.buffer instanceof ArrayBuffer) {
      write(buffer, bufferOffset, data, dataOffset, size);
      return;
    }
    // Offset and size count elements of a typed array, bytes of a DataView.
    const unit = 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const end = size === undefined ? undefined : (dataOffset + size) * unit;
    write(buffer, bufferOffset, bytes.slice(dataOffset * unit, end));
  };
}

/**
 * Compiles WebAssembly in `task` without V8's optimising compiler: on Node 20 it spends a minute of CPU time
 * on this build. V8 copies the budget into each module when it compiles it, so our module keeps the setting
 * and others are not affected.
 */
async function withoutTierUp<T>(task: () => Promise<T>): Promise<T> {
  if (!nodeBefore(22)) return task();
  const { setFlagsFromString } = await onlyInNode.v8();
  setFlagsFromString('--wasm-tiering-budget=1000000000');
  try {
    return await task();
  } finally {
    setFlagsFromString('--wasm-tiering-budget=1800000'); // V8's own default
  }
}
