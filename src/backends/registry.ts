import { CamError } from '../errors.js';
import type { Kernel, Plan, Shape, Tensor } from './backend.js';

/**
 * The live tensors of a backend, and the scopes that will free them. `H` is what the backend keeps for each.
 */
export class TensorRegistry<H> {
  private readonly handles = new Map<Tensor, H>();
  private readonly scopes: Tensor[][] = [];
  private readonly constants = new Map<string, Tensor>();

  constructor(private readonly free: (handle: H) => void) {}

  add<T extends Tensor>(tensor: T, handle: H): T {
    this.handles.set(tensor, handle);
    this.scopes.at(-1)?.push(tensor);
    return tensor;
  }

  get(tensor: Tensor, where: string): H {
    const handle = this.handles.get(tensor);
    if (handle === undefined) {
      throw new CamError(
        'shape',
        `${where}: expected a tensor of this backend, got one that was released or made elsewhere.`,
      );
    }
    return handle;
  }

  release(tensor: Tensor): void {
    const handle = this.handles.get(tensor);
    if (handle === undefined) return;
    this.handles.delete(tensor);
    this.free(handle);
  }

  scope<T>(body: () => T): T {
    const made: Tensor[] = [];
    this.scopes.push(made);
    let result: T | undefined;
    try {
      result = body();
      return result;
    } finally {
      this.scopes.pop();
      const kept = new Set(tensorsIn(result));
      for (const tensor of made) {
        if (!kept.has(tensor)) this.release(tensor);
        else this.scopes.at(-1)?.push(tensor);
      }
    }
  }

  /** The tensor that `make` made on the first call with `name`; no scope frees it. */
  constant<T extends Tensor>(name: string, make: () => T): T {
    const known = this.constants.get(name);
    if (known && this.handles.has(known)) return known as T; // a name always has the same type
    const outer = this.scopes.splice(0);
    try {
      const made = make();
      this.constants.set(name, made);
      return made;
    } finally {
      this.scopes.push(...outer);
    }
  }

  clear(): void {
    for (const tensor of [...this.handles.keys()]) this.release(tensor);
  }
}

function tensorsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value)];
}

/** Checks element types, then asks the kernel for its plan. */
export function planCall<I extends string, O, T extends Tensor>(
  { shader, plan }: Kernel<I, O, T>,
  inputs: Readonly<Record<I, Tensor>>,
  options: O,
): Plan {
  const shapes: Record<string, Shape> = {};
  for (const { name, dtype } of shader.inputs) {
    const tensor = (inputs as Record<string, Tensor>)[name];
    if (tensor.dtype !== dtype) {
      throw new CamError('shape', `${shader.name}: ${name}: expected ${dtype}, got ${tensor.dtype}.`);
    }
    shapes[name] = tensor.shape;
  }
  return plan(shapes as Record<I, Shape>, options);
}

/** @throws {CamError} `shape` when `length` numbers cannot fill `shape`. */
export function expectLength(where: string, length: number, shape: Shape): void {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (length !== expected) {
    throw new CamError(
      'shape',
      `${where}: expected ${expected} values for [${shape.join(', ')}], got ${length}.`,
    );
  }
}
