import type { Backend, Tensor } from '../../backends/backend.js';
import { type Ops, opsOn } from '../../kernels/ops.js';
import { type HostTensors, type Uploaded, upload } from './tensors.js';

/** A kernel, or an operation composed of several, at one size. */
export interface KernelCase {
  /** The name of the kernel, or of the operation in `Ops`. */
  readonly kernel: string;
  /** The size, for people. Kernel and size identify the case in reports of all versions. */
  readonly size: string;
  /** Allowed difference from the reference, relative to the largest value. */
  readonly bound: number;
  /** True where the result is a vector of undetermined sign, such as a principal component. */
  readonly eitherSign: boolean;
  /** True for one case of each kernel: these run with `--quick`. */
  readonly quick: boolean;
  /** Makes the inputs, once for all backends. */
  makeInputs(): PreparedCase;
}

export interface PreparedCase {
  /** Uploads the inputs. */
  on(backend: Backend): UploadedCase;
  /** The same computation in float64 JavaScript, written as the formula: the reference, and a baseline. */
  plain(): ArrayLike<number>;
}

/** A case on one backend. */
export interface UploadedCase {
  /** The call to time. The caller releases its result. */
  call(): Tensor;
  /** Frees the inputs. */
  release(): void;
}

/** Where a case runs. */
export interface BenchBackend {
  readonly ops: Ops;
  readonly backend: Backend;
}

interface Definition<I extends HostTensors>
  extends Pick<KernelCase, 'kernel' | 'size' | 'bound'>,
    Partial<Pick<KernelCase, 'eitherSign' | 'quick'>> {
  readonly inputs: () => I;
  readonly run: (on: BenchBackend, inputs: Uploaded<I>) => Tensor;
  readonly plain: (inputs: I) => ArrayLike<number>;
}

/** One row of a table of cases; quick unless it says otherwise. */
export function kernelCase<I extends HostTensors>(definition: Definition<I>): KernelCase {
  const { inputs, run, plain, eitherSign = false, quick = true, ...rest } = definition;
  return {
    ...rest,
    eitherSign,
    quick,
    makeInputs() {
      const made = inputs();
      return {
        on(backend) {
          const placed = upload(backend, made);
          const place = { ops: opsOn(backend), backend };
          return {
            call: () => backend.scope(() => run(place, placed)),
            release() {
              for (const tensor of Object.values<Tensor>(placed)) backend.release(tensor);
            },
          };
        },
        plain: () => plain(made),
      };
    },
  };
}
