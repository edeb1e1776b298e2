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

/** A handle to numbers on a backend, row-major and dense; the type holds its rank `R`. */
export type Tensor<R extends number = number, D extends DataType = DataType> = TensorOf<ShapeOf<R>, D>;

/** The same; the type holds its shape. */
export interface TensorOf<S extends Shape, D extends DataType> {
  readonly shape: S;
  readonly dtype: D;
}

/** What `kernels/build.mjs` reads from a shader: the only source of names, order and sizes. */
export interface Shader {
  /** Name of the kernel and of its WebAssembly twin. */
  readonly name: string;
  readonly file: string;
  /** Source text. Missing for the package's own shaders: the WebGPU backend holds their texts. */
  readonly code?: string;
  /** Invocations in one workgroup. */
  readonly workgroup: number;
  /** Fields of the uniform `Params`, in order. */
  readonly params: readonly { readonly name: string; readonly type: 'u32' | 'i32' | 'f32' }[];
  /** Pipeline constants that a plan sets. */
  readonly overrides?: readonly string[];
  /** Storage inputs in binding order. */
  readonly inputs: readonly { readonly name: string; readonly dtype: DataType }[];
  /** `zeroed` where the buffer must hold 0 before the call. */
  readonly output: { readonly name: string; readonly dtype: DataType; readonly zeroed?: true };
}

/** One call of a kernel, derived only from shapes. */
export interface Plan<P extends string = string, S extends Shape = Shape> {
  readonly params: Readonly<Record<P, number>>;
  readonly output: S;
  readonly workgroups: readonly [number, number, number];
  /**
   * Values of the shader's pipeline constants. `WORDS` (length of an array in workgroup memory) and
   * `WORKGROUP` are powers of two, halved until they fit the device's limits.
   */
  readonly overrides?: Readonly<Record<string, number>>;
}

/** A shader, and the rule that turns shapes into a call. `T` is the type of its answer. */
export interface Kernel<I extends string = string, O = unknown, T extends Tensor = Tensor> {
  readonly shader: Shader;
  readonly plan: (shapes: Readonly<Record<I, Shape>>, options: O) => Plan<string, T['shape']>;
}

/**
 * Where kernels run. A backend knows no kernel by name.
 *
 * `upload` and `run` return at once; the work may happen later, but in call order. A device error makes the
 * next `read` and all later ones fail: the contents of the device can no longer be trusted.
 */
export interface Backend {
  readonly name: 'wasm' | 'webgpu';
  /** What runs the kernels, for people: the adapter's name, or `WebAssembly SIMD`. */
  readonly device: string;

  /**
   * Copies host numbers to the backend.
   * @throws {CamError} `shape` when their count is not the product of `shape`.
   */
  upload<const S extends Shape, D extends DataType>(data: TypedArrays[D], shape: S, dtype: D): TensorOf<S, D>;

  /** Runs one kernel. @throws {CamError} `shape` from its plan, or for an input of the wrong element type. */
  run<I extends string, O, T extends Tensor = Tensor>(
    kernel: Kernel<I, O, T>,
    inputs: Readonly<Record<I, Tensor>>,
    options: O,
  ): T;

  /**
   * Copies a tensor's numbers to the host, after all earlier work.
   * @param into  Array to copy into, of the tensor's length. @default a new one
   * @throws {CamError} `gpu`; `shape` where `into` has another length.
   */
  read<D extends DataType>(tensor: Tensor<number, D>, into?: TypedArrays[D]): Promise<TypedArrays[D]>;

  /**
   * Runs `body` and releases every tensor made inside it, except those that it returns (directly, or in an
   * array or object).
   */
  scope<T>(body: () => T): T;

  /**
   * A tensor that `make` makes on the first call with `name`. It belongs to no scope and is kept until
   * `dispose`. For tables that depend only on sizes.
   */
  constant<T extends Tensor>(name: string, make: () => T): T;

  /** Frees a tensor. Using it afterwards is an error. */
  release(tensor: Tensor): void;

  /** Frees everything that the backend made. A device that was passed in stays open. */
  dispose(): void;
}

export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
