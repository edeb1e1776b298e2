import { CamError } from '../errors.js';
import { wasmBytes } from '../generated/wasm.js';
import {
  type Backend,
  type DataType,
  elements,
  type Kernel,
  type Shape,
  type Tensor,
  type TensorOf,
  type TypedArrays,
} from './backend.js';
import { expectLength, planCall, TensorRegistry } from './registry.js';

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly alloc: (bytes: number) => number;
  readonly free: (pointer: number) => void;
  readonly [twin: string]: unknown;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * Opens the CPU backend: the kernels' AssemblyScript twins, one thread, 128-bit SIMD. Each backend has its
 * own memory.
 */
export async function openWasm(): Promise<Backend> {
  compiled ??= wasmBytes().then((bytes) => WebAssembly.compile(bytes));
  let module: WebAssembly.Module;
  try {
    module = await compiled;
  } catch (cause) {
    compiled = undefined;
    throw new CamError('backend', `wasm: this runtime cannot compile WebAssembly SIMD (${String(cause)}).`, {
      cause,
    });
  }
  const instance = await WebAssembly.instantiate(module, {});
  return new WasmBackend(instance.exports as unknown as Exports);
}

class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly device = 'WebAssembly SIMD';
  private readonly tensors = new TensorRegistry<number>((pointer) => this.exports.free(pointer));

  constructor(private readonly exports: Exports) {}

  upload<const S extends Shape, D extends DataType>(
    data: TypedArrays[D],
    shape: S,
    dtype: D,
  ): TensorOf<S, D> {
    expectLength('upload', data.length, shape);
    const pointer = this.alloc(data.byteLength);
    view(this.exports.memory, pointer, data.length, dtype).set(data as never);
    return this.tensors.add({ shape, dtype }, pointer);
  }

  run<I extends string, O, T extends Tensor = Tensor>(
    kernel: Kernel<I, O, T>,
    inputs: Readonly<Record<I, Tensor>>,
    options: O,
  ): T {
    const { shader } = kernel;
    const { params, output } = planCall(kernel, inputs, options);
    const twin = this.exports[shader.name] as (...args: number[]) => void;
    const uniforms = shader.params.map(({ name }) => params[name]);
    const pointers = shader.inputs.map(({ name }) => this.tensors.get(inputs[name as I], shader.name));
    const result = this.alloc(elements(output) * 4);
    try {
      twin(...uniforms, ...pointers, result);
    } catch (cause) {
      this.exports.free(result);
      throw new CamError('backend', `wasm: ${shader.name} trapped (${String(cause)}).`, { cause });
    }
    return this.tensors.add({ shape: output, dtype: shader.output.dtype } as T, result); // as declared
  }

  async read<D extends DataType>(tensor: Tensor<number, D>, into?: TypedArrays[D]): Promise<TypedArrays[D]> {
    const pointer = this.tensors.get(tensor, 'read');
    const values = view(this.exports.memory, pointer, elements(tensor.shape), tensor.dtype);
    if (!into) return values.slice() as TypedArrays[D];
    expectLength('read', into.length, tensor.shape);
    into.set(values as never);
    return into;
  }

  scope<T>(body: () => T): T {
    return this.tensors.scope(body);
  }

  constant<T extends Tensor>(name: string, make: () => T): T {
    return this.tensors.constant(name, make);
  }

  release(tensor: Tensor): void {
    this.tensors.release(tensor);
  }

  dispose(): void {
    this.tensors.clear();
  }

  private alloc(bytes: number): number {
    try {
      if (bytes > LARGEST_BLOCK) throw new RangeError(`one tensor ends at ${LARGEST_BLOCK} bytes`);
      return this.exports.alloc(bytes) >>> 0;
    } catch (cause) {
      throw new CamError(
        'backend',
        `wasm: not enough memory for ${bytes} bytes (a tensor ends at 1 GiB, WebAssembly memory at 4 GiB). Use smaller batches.`,
        { cause },
      );
    }
  }
}

// The largest block of AssemblyScript's heap. Checked here, because 2^32 would arrive there as 0.
const LARGEST_BLOCK = 2 ** 30 - 16;

const ARRAYS = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array } as const;

// Never cached: when the memory grows, older views are detached.
function view<D extends DataType>(memory: WebAssembly.Memory, pointer: number, length: number, dtype: D) {
  return new ARRAYS[dtype](memory.buffer, pointer, length);
}
