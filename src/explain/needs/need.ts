import type { Tensor } from '../../backends/backend.js';
import type { Method, MethodInputs } from '../../methods/method.js';
import type { Probe } from '../../methods/probing.js';
import type { SharedModel } from '../../onnx/expose.js';
import type { Network } from '../../onnx/network.js';
import type { TargetFunction } from '../../targets/index.js';
import type { SaliencyMap } from '../../types.js';
import type { Batch } from '../batch.js';
import type { ExplainerOptions } from '../options.js';
import type { PassCounter } from '../pass-counter.js';
import type { BatchMaps } from '../run-method.js';
import type { Opener } from '../sessions.js';
import type { TargetLayer } from '../target-layer.js';

/** What needs are planned from. */
export interface Question {
  readonly network: Network;
  /** The target layers. */
  readonly layers: readonly Pick<TargetLayer, 'name' | 'layout'>[];
  readonly options: ExplainerOptions;
}

/**
 * Something that methods ask for. It is planned from what is known of the model, opened once, provided for
 * each batch, and released with it.
 */
export interface Need {
  /** @throws {CamError} What the model lacks. */
  plan(question: Question): NeedPlan | Promise<NeedPlan>;
}

/** A need that the model can serve. Nothing is open yet. */
export interface NeedPlan {
  /** Tensors that the forward pass has to give. */
  readonly outputs?: readonly string[];
  /** Tensors of the forward pass that stay on a GPU that runs the model, unless somebody reads them. */
  readonly onDevice?: readonly string[];
  /** Tensors of the forward pass that are read on the host. */
  readonly onHost?: readonly string[];
  /** Images that a pass has to have, no more and no fewer. @default any number */
  readonly exactBatch?: number;
  /** The forward model with these outputs, where it has to be another than the file's. */
  readonly forward?: (outputs: readonly string[]) => SharedModel;
  open(opener: Opener): OpenNeed | Promise<OpenNeed>;
}

/** A need whose sessions are open. */
export interface OpenNeed {
  /** What results say of every map that it served. */
  readonly facts?: Pick<SaliencyMap, 'gradients'>;
  /** The tensor that maps are of, where that is none of the target layers. */
  readonly layer?: string;
  /** Makes what all targets of a batch share. */
  provide(batch: Batch): Provided;
}

/** By position in the batch; missing for images that have failed or have fewer targets. */
export type Targets = readonly (TargetFunction | undefined)[];

/** What there is for one batch. */
export interface Provided {
  /** Makes what depends on the targets: called once for each target of the images, before the methods. */
  forTargets?(targets: Targets): Promise<void>;
  /** Inputs of a method's formula, for one target layer. */
  inputs?(method: Method, layer: number): Partial<MethodInputs>;
  /** Passes of the model for a method that runs it, for one target layer. */
  probe?(layer: number, counter: PassCounter): Partial<Probe>;
  /** Tensors of a layer that a map's values which are not finite may come from, with their names. */
  suspects?(layer: number): readonly (readonly [name: string, tensor: Tensor<4, 'float32'>])[];
  /** What there is to say of a method's map, by image. */
  remarks?(method: Method, layer: number, maps: BatchMaps): readonly (string | undefined)[];
  release(): void;
}
