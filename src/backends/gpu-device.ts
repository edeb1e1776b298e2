import { CamError } from '../errors.js';

/** An open GPU device and what it is. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: string;
  /** True for an adapter that computes on the CPU (SwiftShader, lavapipe, WARP): right, but slower than WebAssembly. */
  readonly software: boolean;
}

// Dawn crashes when the object that `create` gave is collected while work is pending: made once, held for ever.
let dawn: Promise<GPU> | undefined;

// Behind a name, so that bundlers do not follow it: browsers have `navigator.gpu`, and in Node the package finds its binary
// beside its own files.
const packages = { dawn: 'webgpu' };

async function openDawn(): Promise<GPU> {
  const { create, globals }: typeof import('webgpu') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ packages.dawn
  );
  Object.assign(globalThis, globals);
  return create([]);
}

/** `navigator.gpu` where there is one, else Dawn from the optional package `webgpu`. */
async function gpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu) return globalThis.navigator.gpu;
  dawn ??= openDawn();
  return dawn.catch((cause) => {
    dawn = undefined;
    const missing = (cause as { code?: unknown })?.code === 'ERR_MODULE_NOT_FOUND';
    const why = missing
      ? "the package 'webgpu' is not installed. Run npm install webgpu"
      : `the package 'webgpu' does not start (${cause instanceof Error ? cause.message : String(cause)}). Install what it misses`;
    throw new CamError(
      'backend',
      `no WebGPU here: this runtime has no navigator.gpu and ${why}, or use the wasm backend.`,
      { cause },
    );
  });
}

// The limits that kernels or ONNX Runtime want above WebGPU's defaults, as far as the adapter goes.
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
] as const;

const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

/**
 * Opens the adapter of highest performance.
 * @throws {CamError} `backend` where there is no WebGPU, no adapter or no device.
 */
export async function openGpu(): Promise<Gpu> {
  const adapter = await (await gpu()).requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new CamError(
      'backend',
      'no WebGPU adapter here: no GPU, or no Vulkan, Metal or D3D12 driver for it. Choose the backend wasm to run on the CPU, or auto.',
    );
  }
  const { vendor, architecture, description, device: model } = adapter.info;
  const name =
    [...new Set([description, model, vendor, architecture])].filter(Boolean).join(' ') || 'unnamed adapter';
  const device = await adapter
    .requestDevice({
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
    })
    .catch((cause: unknown) => {
      throw new CamError('backend', `the WebGPU adapter (${name}) gave no device: ${String(cause)}.`, {
        cause,
      });
    });
  return {
    device,
    adapter: name,
    software:
      /swiftshader|llvmpipe|lavapipe|basic render|\bwarp\b/i.test(name) ||
      adapter.info.isFallbackAdapter === true,
  };
}
