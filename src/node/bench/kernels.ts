import type { Backend } from '../../backends/backend.js';
import { CamError } from '../../errors.js';
import { difference } from './answer.js';
import type { KernelCase, PreparedCase, UploadedCase } from './kernel-case.js';
import { layerCases } from './layer-cases.js';
import { mapCases } from './map-cases.js';
import type { Row } from './row.js';
import { type Clock, type Contender, inTurn, type SamplingOptions } from './sampling.js';

/** Every kernel, and every composed operation, at sizes of real layers. */
export const kernelCases: readonly KernelCase[] = [...layerCases, ...mapCases];

/** The name of the reference, which is also a baseline. */
export const PLAIN = 'plain JavaScript';

export interface KernelBackends {
  /** What is timed. */
  readonly backend: Backend;
  /** The CPU backend, where `backend` is another: a second check, and a second baseline. */
  readonly wasm?: Backend;
}

/**
 * Checks one kernel's result. Then times it in turn with the same computation in plain JavaScript, and with
 * WebAssembly where the kernel runs elsewhere.
 * @returns `undefined` where the user stopped it.
 */
export async function benchKernel(
  { kernel, size, bound, eitherSign, makeInputs }: KernelCase,
  { backend, wasm }: KernelBackends,
  options: SamplingOptions,
): Promise<Row | undefined> {
  const against = [PLAIN, ...(wasm ? ['wasm'] : [])];
  const row = { group: 'kernel', name: kernel, size, against, baselines: {} } as const;
  const prepared = makeInputs();
  const uploaded: UploadedCase[] = [];
  const upload = (on: Backend): UploadedCase => {
    const one = prepared.on(on);
    uploaded.push(one);
    return one;
  };
  try {
    const want = prepared.plain();
    const [here, there] = [upload(backend), wasm && upload(wasm)];
    const got = await answerOf(here, backend);
    const wrong = difference(got, want, bound, eitherSign);
    if (wrong !== undefined) return { ...row, wrong };
    if (wasm && there) {
      const apart = difference(got, await answerOf(there, wasm), bound, eitherSign);
      if (apart !== undefined) return { ...row, wrong: `against wasm: ${apart}` };
    }
    const clock = backend.name === 'wasm' ? 'cpu' : 'wall';
    const baselines = {
      [PLAIN]: onPlain(prepared, clock),
      ...(wasm && there && { wasm: onBackend(there, wasm, clock) }),
    };
    const timings = await inTurn(onBackend(here, backend, clock), baselines, options);
    return timings && { ...row, ...timings };
  } catch (error) {
    // A device that refuses a shader, or a twin that traps, has no result either.
    if (!(error instanceof CamError)) throw error;
    return { ...row, wrong: error.message };
  } finally {
    for (const one of uploaded) one.release();
  }
}

async function answerOf({ call }: UploadedCase, backend: Backend): Promise<ArrayLike<number>> {
  const result = call();
  const values = await backend.read(result);
  backend.release(result);
  return values;
}

function onBackend({ call }: UploadedCase, backend: Backend, clock: Clock): Contender {
  const calls = (count: number): void => {
    for (let i = 0; i < count; i++) backend.release(call());
  };
  if (backend.name === 'wasm') return { clock, least: 4, calls };
  return {
    clock,
    least: 20,
    calls: async (count) => {
      calls(count - 1);
      const last = call();
      await backend.read(last); // the device works in order, so this waits for all calls
      backend.release(last);
    },
  };
}

function onPlain({ plain }: PreparedCase, clock: Clock): Contender {
  const calls = (count: number): void => {
    for (let i = 0; i < count; i++) plain();
  };
  return { clock, least: 4, calls };
}
