/** Element types that a shader can bind. */
export type DataType = 'float32' | 'int32' | 'uint32';

export interface TypedArrays {
  float32: Float32Array;
  int32: Int32Array;
  uint32: Uint32Array;
}

/** Sizes of a tensor's axes, outermost first. */
export type Shape = readonly number[];

type Tuple<R extends number, T extends number[] = []> = T['length'] extends R
  ? Readonly<T>
  : Tuple<R, [...T, number]>;

export type ShapeOf<R extends number> = number extends R ? Shape : Tuple<R>;

/** A handle to numbers that live on a backend, row-major and dense, known by its rank `R`. */
export type Tensor<R extends number = number, D extends DataType = DataType> = TensorOf<ShapeOf<R>, D>;

/** The same, known by its shape. */
export interface TensorOf<S extends Shape, D extends DataType> {
  readonly shape: S;
  readonly dtype: D;
}

/** What `kernels/build.mjs` reads out of one shader: the only source of names, order and sizes. */
export interface Shader {
  /** Name of the kernel and of its WebAssembly twin. */
  readonly name: string;
  readonly file: string;
  /** Its text. Missing for the package's own, whose texts come with the WebGPU backend. */
  readonly code?: string;
  /** Invocations in one workgroup. */
  readonly workgroup: number;
  /** Fields of the uniform `Params`, in order. */
  readonly params: readonly { readonly name: string; readonly type: 'u32' | 'i32' | 'f32' }[];
  /** Pipeline constants that a plan sets. */
  readonly overrides?: readonly string[];
  /** Storage inputs in binding order. */
  readonly inputs: readonly { readonly name: string; readonly dtype: DataType }[];
  /** `zeroed` where it has to be 0 at first. */
  readonly output: { readonly name: string; readonly dtype: DataType; readonly zeroed?: true };
}

/** One call of a kernel, derived from shapes alone. */
export interface Plan<P extends string = string> {
  readonly params: Readonly<Record<P, number>>;
  readonly output: Shape;
  readonly workgroups: readonly [number, number, number];
  /**
   * What the shader's pipeline constants are to be. `WORDS`, of an array in workgroup memory, and `WORKGROUP`
   * are powers of two and lowered to those that the device has room for.
   */
  readonly overrides?: Readonly<Record<string, number>>;
}

/** A shader with the rule that turns shapes into a call. */
export interface Kernel<I extends string = string, O = unknown> {
  readonly shader: Shader;
  readonly plan: (shapes: Readonly<Record<I, Shape>>, options: O) => Plan;
}

/**
 * Where kernels run. A backend knows no kernel by name.
 *
 * `upload` and `run` return at once; the work may happen later but happens in call order. Errors of the
 * device surface in the next `read`, and in every one after it: what is on the device can no longer be
 * trusted.
 */
export interface Backend {
  readonly name: 'wasm' | 'webgpu';
  /** What runs it, for people: the adapter's name, or `WebAssembly SIMD`. */
  readonly device: string;

  /**
   * Copies host numbers to the backend.
   * @throws {CamError} `shape` when their count is not the product of `shape`.
   */
  upload<const S extends Shape, D extends DataType>(data: TypedArrays[D], shape: S, dtype: D): TensorOf<S, D>;

  /** Runs one kernel. @throws {CamError} `shape` from its plan, or for an input of the wrong element type. */
  run<I extends string, O>(kernel: Kernel<I, O>, inputs: Readonly<Record<I, Tensor>>, options: O): Tensor;

  /**
   * Copies a tensor's numbers to the host; waits for the work before it.
   * @param into  Memory to copy into, of the tensor's length. @default new
   * @throws {CamError} `gpu`; `shape` where `into` has another length.
   */
  read<D extends DataType>(tensor: Tensor<number, D>, into?: TypedArrays[D]): Promise<TypedArrays[D]>;

  /**
   * Runs `body` and releases every tensor made inside it but those it returns (itself, or in an array or
   * object).
   */
  scope<T>(body: () => T): T;

  /**
   * The tensor that `make` gave when `name` was first asked for: made once, outside every scope, and kept
   * until `dispose`. For tables that depend on sizes alone.
   */
  constant<T extends Tensor>(name: string, make: () => T): T;

  /** Frees a tensor. Using it afterwards is an error. */
  release(tensor: Tensor): void;

  /** Frees everything the backend made. A device that was passed in stays open. */
  dispose(): void;
}

export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
