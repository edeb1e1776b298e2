import { highest } from '../../targets/index.js';
import type { Explanation, SaliencyMap, Target } from '../../types.js';
import { imageCount } from '../inputs/input.js';
import type { Job } from '../inputs/jobs.js';

/** A class with its probability. */
export type ClassScore = Pick<Target, 'index' | 'label' | 'score'>;

/** The three most probable classes of an image. */
export const topOf = (
  { scores, probabilities }: Explanation,
  labels: readonly string[] | undefined,
): readonly ClassScore[] =>
  highest(scores, 3).map((index) => ({ index, label: labels?.[index], score: probabilities[index] }));

/** What one method said about one picture and class. */
export interface SummaryResult {
  /** As given, or below the folder that was given. */
  readonly input: string;
  /** Position in a `.npy` file of several images. */
  readonly image?: number;
  readonly method: string;
  /** The target layer; several joined by commas. */
  readonly layer: string;
  readonly target: number;
  /** `null` where the model has no labels. */
  readonly label: string | null;
  /** Probability of the target, 0..1. */
  readonly score: number;
  /** Where the method ignores the class: the map is the same for every class. */
  readonly classAgnostic?: true;
  /** Where the method's gradients came from; missing where it needs none. */
  readonly gradients?: SaliencyMap['gradients'];
  /** Channels that may have a weight, where `--channels` kept the method to some. */
  readonly channels?: number;
  readonly backend: 'wasm' | 'webgpu';
  readonly runtime: string;
  readonly diagnostics: readonly string[];
  readonly milliseconds: number;
  /** Files written, relative to the folder of the summary, with `/`. */
  readonly outputs: readonly string[];
  /** The image's row in arrays that hold several inputs. */
  readonly row?: number;
}

/** An input, or one image of it, that could not be explained. */
export interface SummaryFailure {
  readonly input: string;
  readonly image?: number;
  readonly error: string;
}

export type SummaryEntry = SummaryResult | SummaryFailure;

/** Where an image comes from. */
export interface Origin {
  readonly input: string;
  readonly image?: number;
}

export function summaryResult(
  origin: Origin,
  explanation: Explanation,
  map: SaliencyMap,
  outputs: readonly string[],
  row?: number,
): SummaryResult {
  const { target, backend, runtime } = explanation;
  return {
    ...origin,
    method: map.method,
    layer: map.layers.map(({ layer }) => layer).join(','),
    target: target.index,
    label: target.label ?? null,
    score: target.score,
    ...(map.classAgnostic && { classAgnostic: true }),
    ...(map.gradients && { gradients: map.gradients }),
    ...(map.channels !== undefined && { channels: map.channels }),
    backend,
    runtime,
    diagnostics: map.diagnostics,
    milliseconds: map.milliseconds,
    outputs,
    ...(row !== undefined && { row }),
  };
}

/** Where a job's image comes from. */
export const originOf = ({ input, image }: Job): Origin =>
  imageCount(input) === 1 ? { input: input.path } : { input: input.path, image };
