import type { Explanation } from '../types.js';
import type { ScoredPass } from './scored-pass.js';
import type { AnyTarget } from './specs.js';
import type { TargetFunction } from './target.js';

/** How an output with boxes is laid out. */
export type BoxForm = 'v5' | 'v8' | 'detr' | 'rtdetr';

/** What targets are chosen with, besides the outputs. */
export interface TargetContext {
  /** One per class. */
  readonly labels?: readonly string[];
  /** Of detections: their form where it is known, and the tensor of boxes beside the logits. */
  readonly boxes?: { readonly form?: BoxForm; readonly tensor?: string };
  /** `[H, W]` of the network's input, pixels. */
  readonly size: readonly [number, number];
}

/** What results show of one picture's output, whatever the target. */
export type ShownScores = Pick<Explanation, 'scores' | 'probabilities' | 'detections'>;

/** A kind of target that is no class. */
export interface TargetKind {
  /**
   * The target of one picture of a pass.
   * @throws {CamError} `target` for what the output does not have.
   */
  choose(spec: AnyTarget, pass: ScoredPass, at: number, context: TargetContext): TargetFunction;
  shown(pass: ScoredPass, at: number, context: TargetContext): ShownScores;
}

/** Nothing is shown but S. */
export const noScores = (): ShownScores => ({
  scores: new Float32Array(0),
  probabilities: new Float64Array(0),
});
