import type { InferenceSession } from 'onnxruntime-common';
import type { GpuBuffer, GpuDevice } from '../types.js';

/**
 * Which ONNX Runtime runs the model.
 * - `node`    onnxruntime-node, native code on the CPU
 * - `web`     onnxruntime-web, WebAssembly on the CPU
 * - `webgpu`  onnxruntime-web on a GPU device that is shared with the kernels
 * - `auto` in Node `node` where onnxruntime-node is installed, else `web`; in browsers `webgpu` when a device
 *             is given, else `web`
 */
export type RuntimeName = 'auto' | 'node' | 'web' | 'webgpu';

/** The content of a model file, and of the files that hold its external weights. */
export interface ModelBytes {
  readonly bytes: Uint8Array;
  /** `path` is spelled as in the model. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Element types of a session's outputs. float16 is read as float32. */
export type OutputType =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'bool'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

/** Element types that a model can declare for an input. */
export type InputType = OutputType | 'float16';

/**
 * A tensor for one input, row-major. The session converts it to the input's element type. If it has that type
 * already, it may be read in place: leave it unchanged until the run has ended.
 */
export interface Feed {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

/**
 * A float32 tensor for one input, row-major from the buffer's start, on the session's own `device`; a
 * `DeviceTensor` is one. Submit the work that writes it before the run, and leave it unchanged until the run
 * has ended. The buffer has the usages `STORAGE`, `COPY_SRC` and `COPY_DST`. Its size is at least the
 * tensor's, rounded up to 16 bytes.
 */
export interface DeviceFeed {
  readonly buffer: GpuBuffer;
  readonly shape: readonly number[];
}

export type AnyFeed = Feed | DeviceFeed;

/** An output in the host's memory, row-major. */
export interface RuntimeTensor {
  readonly dtype: OutputType;
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** A float32 output that stayed on the shared GPU device, row-major. */
export interface DeviceTensor {
  readonly shape: readonly number[];
  /** Often larger than the tensor: bind `{ buffer, offset: 0, size: bytes }`. */
  readonly buffer: GpuBuffer;
  readonly bytes: number;
  /**
   * Returns the buffer, and the next run may overwrite it: submit all work that reads it before. A second
   * call is harmless. Disposing the session disposes all of its tensors.
   */
  dispose(): void;
}

export type Output = RuntimeTensor | DeviceTensor;

/**
 * An input that a model declares. Dimensions are numbers where fixed, names where dynamic, `undefined` where
 * dynamic without a name.
 */
export interface InputInfo {
  readonly name: string;
  readonly dtype: InputType;
  readonly shape: readonly (number | string | undefined)[];
}

export interface RunOptions {
  /**
   * Checked before each forward pass; the event loop gets a turn there now and then. A pass that has begun
   * runs to its end.
   */
  readonly signal?: AbortSignal;
  /** Names of the outputs to compute. @default all */
  readonly outputs?: readonly string[];
}

/** A model that is ready to run. */
export interface Session {
  /** `onnxruntime-node cpu`, `onnxruntime-web wasm`, `onnxruntime-web webgpu` or `session factory`. */
  readonly runtime: string;
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly string[];
  /** The GPU device that the session shares; none on the CPU. */
  readonly device: GpuDevice | undefined;
  /**
   * One forward pass, or several where the model's batch size is fixed and smaller than the fed batch. A
   * partial last batch is filled up with its last row, and cut afterwards. Outputs are joined along their
   * first axis.
   *
   * @throws {CamError} `shape` for feeds that do not fit the inputs; `input` for values that the input's type
   *   cannot hold, or a buffer on the device where the session or the input takes none; `option` for an
   *   unknown output; `model` for what ONNX Runtime refuses; `gpu` when the device was lost. The signal's
   *   reason when it is aborted.
   */
  run(feeds: Readonly<Record<string, AnyFeed>>, options?: RunOptions): Promise<Record<string, Output>>;
  /** Waits for runs in progress, then frees everything, device tensors included. */
  dispose(): Promise<void>;
}

/** The part of onnxruntime-common's `InferenceSession` that is used. */
export type OrtSession = Pick<InferenceSession, 'inputMetadata' | 'outputNames' | 'run' | 'release'>;

/**
 * Makes sessions in place of the built-in runtimes. The `InferenceSession` class of any ONNX Runtime package
 * is one.
 */
export interface SessionFactory {
  create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<OrtSession>;
}

export interface SessionOptions {
  /** @default 'auto' */
  readonly runtime?: RuntimeName;
  /** Needed by `webgpu`; the outputs named in `keepOnDevice` stay on it. Never destroyed by the session. */
  readonly device?: GpuDevice;
  /**
   * Outputs to leave on the device; those that are not float32 still come to the host. Ignored on the CPU.
   */
  readonly keepOnDevice?: readonly string[];
  /**
   * Threads on the CPU, at least 1. For `web` the first session of the process fixes the number. `webgpu`,
   * and pages that are not cross-origin isolated, always use 1.
   *
   * @default the cores of the machine, at most 8
   */
  readonly threads?: number;
  /** Used instead of `runtime`. */
  readonly sessionFactory?: SessionFactory;
}

export function isDeviceTensor(output: Output): output is DeviceTensor {
  return 'buffer' in output;
}
