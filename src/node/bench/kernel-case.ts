import type { Backend, Tensor } from '../../backends/backend.js';
import { type Ops, opsOn } from '../../kernels/ops.js';
import { type HostTensors, type Uploaded, upload } from './tensors.js';

/** A kernel, or an operation made of several, at one size. */
export interface KernelCase {
  /** The kernel's name, or that of the operation in `Ops`. */
  readonly kernel: string;
  /** The size, for people: with the kernel it names the case between versions. */
  readonly size: string;
  /** How far an answer may lie from the plain one, relative to the largest value. */
  readonly bound: number;
  /** True where the answer is a vector whose sign nothing decides. */
  readonly eitherSign: boolean;
  /** True for one case of each kernel: what `--quick` runs. */
  readonly quick: boolean;
  /** Makes the inputs, once for all backends. */
  prepare(): PreparedCase;
}

export interface PreparedCase {
  /** Uploads the inputs. */
  on(backend: Backend): UploadedCase;
  /**
   * The same computation in float64 JavaScript, as one writes the formula: what the answer is held against,
   * and a baseline.
   */
  plain(): ArrayLike<number>;
}

/** A case on one backend. */
export interface UploadedCase {
  /** The call to time; its result is the caller's to release. */
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

/** One line of a table of cases. Quick unless it says otherwise. */
export function kernelCase<I extends HostTensors>(definition: Definition<I>): KernelCase {
  const { inputs, run, plain, eitherSign = false, quick = true, ...rest } = definition;
  return {
    ...rest,
    eitherSign,
    quick,
    prepare() {
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
