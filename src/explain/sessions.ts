import type { Backend } from '../backends/backend.js';
import type { WebGpuBackend } from '../backends/webgpu.js';
import { CamError } from '../errors.js';
import type { SharedModel } from '../onnx/expose.js';
import type { SeparateGradient } from '../onnx/gradient.js';
import type { Model, Tail } from '../onnx/model.js';
import { type ModelBytes, openSession, type Session } from '../runtime/index.js';
import { backwardGraph, closedForm, type GradientSource } from './gradients.js';
import type { ExplainerOptions, ModelFile } from './options.js';

/**
 * Opens a session of (a part of) the model; float32 outputs named in `keepOnDevice` stay on a GPU that runs
 * it.
 */
export type Opener = (model: ModelBytes, keepOnDevice: readonly string[]) => Promise<Session>;

/** @param opened  Takes every session that was opened, for whoever has to clean up. */
export function sessionOpener(
  file: ModelFile,
  backend: Backend,
  { runtime = 'auto', threads, sessionFactory }: ExplainerOptions,
  opened: Session[],
): Opener {
  const gpu = backend.name === 'webgpu' ? (backend as WebGpuBackend).gpu : undefined;
  // A software adapter is right but slower than the CPU runtime, so that only kernels run there unless asked
  // otherwise.
  const onGpu = gpu && !sessionFactory && (runtime === 'webgpu' || (runtime === 'auto' && !gpu.software));
  const open = async (model: ModelBytes, keepOnDevice: readonly string[]): Promise<Session> => {
    const bytes = { ...model, externalData: [...(model.externalData ?? []), ...(file.externalData ?? [])] };
    if (!onGpu) return openSession(bytes, { runtime, threads, sessionFactory });
    try {
      return await openSession(bytes, { runtime: 'webgpu', device: gpu.device, keepOnDevice });
    } catch (error) {
      // Where ONNX Runtime's provider cannot be had, activations of the CPU runtime are uploaded; results
      // name it.
      if (runtime === 'webgpu' || !(error instanceof CamError && error.code === 'backend')) throw error;
      return openSession(bytes, { runtime, threads });
    }
  };
  return async (model, keepOnDevice) => {
    const session = await open(model, keepOnDevice);
    opened.push(session);
    return session;
  };
}

export interface GradientPlan {
  /** The backward model, which the forward model has to feed; none where a closed form serves. */
  readonly backward?: SeparateGradient;
  /** The forward model with these outputs and what the backward model is fed. */
  readonly tapped?: (outputs: readonly string[]) => SharedModel;
  readonly open: (opener: Opener) => Promise<GradientSource>;
}

/** Whether what is explained is a linear function of the layer's means. */
export const isLinear = ({ kind, logits, output }: Tail, score: 'logit' | 'probability'): boolean =>
  kind !== 'other' && (score === 'logit' || logits === output);

/**
 * The engine that differentiates graphs is loaded when there is one to differentiate.
 * @throws {CamError} `gradients` where none reaches a layer.
 */
export async function planGradients(
  model: Model,
  tail: Tail,
  layers: readonly string[],
  { score = 'logit', closedForms = true }: ExplainerOptions,
): Promise<GradientPlan> {
  if (closedForms && isLinear(tail, score) && layers.length === 1)
    return { open: async () => closedForm(model, tail, layers[0]) };
  const { differentiate, tappedModel } = await import('../onnx/gradient.js');
  const backward = differentiate(model, { wrt: layers, score });
  const outputs = [...backward.gradients.values()];
  return {
    backward,
    tapped: (outputs) => tappedModel(backward, outputs),
    open: async (opener) => backwardGraph(backward, layers, await opener(backward, outputs)),
  };
}
