import { CamError } from '../errors.js';
import type { GpuDevice } from '../types.js';
import type { AdapterFacts } from './gpu-probe.js';

/** An open GPU device and its description. */
export interface Gpu {
  readonly device: GpuDevice;
  readonly adapter: string;
  /**
   * True for an adapter that computes on the CPU (SwiftShader, lavapipe, WARP): correct, but slower than
   * WebAssembly.
   */
  readonly software: boolean;
}

// Created once and never freed: Dawn crashes if the object from `create` is collected while work is pending.
let dawn: Promise<GPU> | undefined;

// The specifier is in a variable, so that bundlers do not follow the import: browsers have `navigator.gpu`,
// and in Node the package finds its binary beside its own files.
const packages = { dawn: 'webgpu' };

async function openDawn(): Promise<GPU> {
  const { create, globals }: typeof import('webgpu') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ packages.dawn
  );
  Object.assign(globalThis, globals);
  // Dawn sometimes crashes if Node exits (say, after an uncaught error) while a read is pending. A destroyed
  // device has no pending reads.
  process.once('exit', () => {
    for (const device of devices) device.destroy();
  });
  return create([]);
}

/** The open devices of this process. */
const devices = new Set<GpuDevice>();

/** `navigator.gpu` where there is one, else Dawn from the optional package `webgpu`. */
async function gpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu) return globalThis.navigator.gpu;
  dawn ??= openDawn();
  return dawn.catch((cause) => {
    dawn = undefined;
    const missing = (cause as { code?: unknown })?.code === 'ERR_MODULE_NOT_FOUND';
    const why = missing
      ? "the package 'webgpu' is not installed. Run npm install webgpu"
      : `the package 'webgpu' does not start (${cause instanceof Error ? cause.message : String(cause)}). Install what it lacks`;
    throw new CamError(
      'backend',
      `no WebGPU here: this runtime has no navigator.gpu and ${why}, or use the wasm backend.`,
      { cause },
    );
  });
}

// The limits that kernels or ONNX Runtime need above WebGPU's defaults; each is raised to the adapter's
// maximum.
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
  const name = nameOf(adapter.info);
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
  devices.add(device);
  void device.lost.then(() => devices.delete(device));
  return { device, adapter: name, software: isSoftware(adapter.info) };
}

/**
 * Opens the adapter of highest performance if it is a real GPU; otherwise returns nothing, silently. Messages
 * of drivers appear only where WebGPU was asked for, or where no other process can probe first.
 */
export async function openRealGpu(): Promise<Gpu | undefined> {
  if (!globalThis.navigator?.gpu && typeof process !== 'undefined' && process.versions?.node) {
    const { probeGpu } = await import('./gpu-probe.js');
    const found = await probeGpu();
    if (!found || (found !== 'unknown' && isSoftware(found))) return undefined;
  }
  const gpu = await openGpu().catch(() => undefined);
  if (!gpu?.software) return gpu;
  gpu.device.destroy();
  return undefined;
}

const nameOf = ({ description, device, vendor, architecture }: AdapterFacts): string =>
  [...new Set([description, device, vendor, architecture])].filter(Boolean).join(' ') || 'unnamed adapter';

const isSoftware = (facts: AdapterFacts): boolean =>
  /swiftshader|llvmpipe|lavapipe|basic render|\bwarp\b/i.test(nameOf(facts)) || facts.isFallbackAdapter;
