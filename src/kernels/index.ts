/**
 * The entry point `onnx-cam/kernels`: backends and kernels alone, for activations from anywhere, without ONNX
 * Runtime.
 */
export type {
  Backend,
  DataType,
  Kernel,
  Plan,
  Shader,
  Shape,
  Tensor,
  TensorOf,
} from '../backends/backend.js';
export { type Gpu, openGpu } from '../backends/gpu-device.js';
export { type BackendName, openBackend } from '../backends/select.js';
export { openWasm } from '../backends/wasm.js';
export { openWebGpu, type WebGpuBackend } from '../backends/webgpu.js';
export { CamError, type CamErrorCode } from '../errors.js';
export { type Ops, opsOn } from './ops.js';
