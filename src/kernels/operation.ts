import type { Backend, DataType, Kernel, Shader, Shape, Tensor, TensorOf } from '../backends/backend.js';
import type { DefinedKernel, Ranked } from './define.js';

type DeclaredType<S extends Shader, N> = Extract<S['inputs'][number], { readonly name: N }>['dtype'];

// Where float32 is wanted a tensor of unknown element type is taken too; the call itself checks it.
type DataTypeOf<S extends Shader, N> = DeclaredType<S, N> extends 'float32' ? DataType : DeclaredType<S, N>;

type Inputs<S extends Shader, R, Names extends readonly string[]> = {
  readonly [I in keyof Names]: Names[I] extends keyof R
    ? Ranked<R[Names[I]] & (number | 'any'), DataTypeOf<S, Names[I]>>
    : never;
};

type Alike<S extends Shader, Names extends readonly string[], X extends Shape> = {
  readonly [I in keyof Names]: TensorOf<X, DataTypeOf<S, Names[I]> & DataType>;
};

type Options<O> = [undefined] extends [O] ? [] : [options: O];

/** A kernel as a function on one backend: inputs in the shader's order, then options if it has any. */
export type Operation<K, Names extends readonly string[]> =
  K extends DefinedKernel<infer S, infer R, infer O>
    ? R[S['output']['name'] & keyof R] extends 'same'
      ? <X extends Shape>(
          ...inputs: [...Alike<S, Names, X>, ...Options<O>]
        ) => TensorOf<X, S['output']['dtype']>
      : (
          ...inputs: [...Inputs<S, R, Names>, ...Options<O>]
        ) => Ranked<R[S['output']['name'] & keyof R], S['output']['dtype']>
    : never;

/** What `Operation` describes. */
export function operation<O>(backend: Backend, kernel: Kernel<string, O>) {
  const { inputs } = kernel.shader;
  return (...values: readonly unknown[]): Tensor => {
    const named = Object.fromEntries(inputs.map(({ name }, i) => [name, values[i] as Tensor]));
    return backend.run(kernel, named, values[inputs.length] as O);
  };
}
