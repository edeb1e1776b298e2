import type { Subject } from '../../evaluate/index.js';
import type { Explainer } from '../../explainer.js';
import type { AnyMethod } from '../../methods/method.js';
import { takes } from '../../methods/takes.js';
import type { Explanation, InputTensor } from '../../types.js';
import { difference } from './answer.js';
import type { Row } from './row.js';
import { type Clock, type Contender, inTurn, type SamplingOptions } from './sampling.js';

/** The name of the baseline. */
export const FORWARD = 'bare forward pass';

/** Whether a method runs the whole model once per channel, or more often. */
export const isSlow = (method: AnyMethod): boolean => takes(method, 'forward');

export interface MethodBench {
  readonly name: string;
  /** Opened for this method alone. */
  readonly explainer: Explainer;
  /** The same with the CPU's kernels, where `explainer` has others. */
  readonly wasm?: Explainer;
  /** The model itself, for the bare forward pass. */
  readonly bare: Pick<Subject, 'scores'>;
  readonly input: InputTensor;
}

// Saliency is 0 to 1. Kernels of two backends differ by rounding. A model that runs on a GPU also computes
// other activations.
const KERNELS_APART = 1e-3;
const MODELS_APART = 1e-2;
const PROBABILITIES_APART = 1e-3;

/**
 * Checks one method's result on one picture. Then times it, from input tensor to saliency, in turn with the
 * bare forward pass.
 * @returns `undefined` where the user stopped it.
 */
export async function benchMethod(bench: MethodBench, options: SamplingOptions): Promise<Row | undefined> {
  const { signal } = options;
  try {
    return await checkedAndTimed(bench, options);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

async function checkedAndTimed(bench: MethodBench, options: SamplingOptions): Promise<Row | undefined> {
  const { name, explainer, wasm, bare, input } = bench;
  const shape = [1, ...input.shape];
  const against = ['finite, 0 to 1', 'scores of the bare forward pass', ...(wasm ? ['wasm'] : [])];
  const row = { group: 'method', name, size: input.shape.join('×'), against, baselines: {} } as const;
  const { signal } = options;
  const [explanation] = await explainer.explain([input], { signal });
  const wrong = await faultOf(explanation, bench, shape, signal);
  if (wrong !== undefined) return { ...row, wrong };
  const onGpu = explainer.backend === 'webgpu' || explainer.runtime.includes('webgpu');
  const clock: Clock = onGpu ? 'wall' : 'cpu';
  const repeat = (once: () => Promise<unknown>) => async (count: number) => {
    for (let i = 0; i < count; i++) await once();
  };
  const contender = (once: () => Promise<unknown>): Contender => ({ clock, least: 20, calls: repeat(once) });
  const timings = await inTurn(
    contender(() => explainer.explain([input], { signal })),
    { [FORWARD]: contender(() => bare.scores(input.data, shape)) },
    options,
  );
  return timings && { ...row, ...timings };
}

async function faultOf(
  { maps, target }: Explanation,
  { name, explainer, wasm, bare, input }: MethodBench,
  shape: readonly number[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { saliency, values } = maps[name];
  const [least, most] = values === 'differences' ? [-1, 1] : [0, 1];
  const outside = saliency.findIndex((value) => !(value >= least && value <= most));
  if (outside >= 0) return `saliency at ${outside}: expected ${least} to ${most}, got ${saliency[outside]}`;
  const [scores] = await bare.scores(input.data, shape);
  const score = scores[target.index];
  if (!(Math.abs(score - target.score) <= PROBABILITIES_APART))
    return `class ${target.index}: the bare forward pass gives ${score.toFixed(4)}, the explanation ${target.score.toFixed(4)}`;
  if (!wasm) return undefined;
  const [other] = await wasm.explain([input], { target: target.index, signal });
  const bound = explainer.runtime === wasm.runtime ? KERNELS_APART : MODELS_APART;
  // Both are 0 to 1, so `bound` is relative to the whole range.
  const apart = difference([...saliency, 1], [...other.maps[name].saliency, 1], bound);
  return apart && `against wasm: ${apart}`;
}
