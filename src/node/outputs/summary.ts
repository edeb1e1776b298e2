import { highest } from '../../targets/index.js';
import type { Explanation, SaliencyMap, Target } from '../../types.js';
import { imageCount } from '../inputs/input.js';
import type { Job } from '../inputs/jobs.js';

/** A class with its probability. */
export type ClassScore = Pick<Target, 'index' | 'label' | 'score'>;

/** The three most probable classes of an image. */
export const topOf = (
  { scores, probabilities, detections }: Explanation,
  labels: readonly string[] | undefined,
): readonly ClassScore[] =>
  detections?.slice(0, 3).map(({ index, label, score }) => ({ index, label, score })) ??
  // Numbers and embeddings have no classes.
  (probabilities.length === 0
    ? []
    : highest(scores, 3).map((index) => ({ index, label: labels?.[index], score: probabilities[index] })));

/** The result of one method for one picture and class. */
export interface SummaryResult {
  /** As the user typed it, or below the folder that the user typed. */
  readonly input: string;
  /** Position in a `.npy` file of several images. */
  readonly image?: number;
  readonly method: string;
  /** The target layer; several joined by commas. */
  readonly layer: string;
  readonly target: number;
  /** `null` where the model has no labels. */
  readonly label: string | null;
  /** Probability of the class, 0..1; S of a target that is no class. */
  readonly score: number;
  /** The target where it is no class, as in `box:0`, and S. */
  readonly name?: string;
  readonly value?: number;
  /** How many pixels the class of `pixels:C` wins. */
  readonly pixels?: number;
  /** The box of `box:K`: `[left, top, right, bottom]`, pixels of the network's input. */
  readonly box?: Target['box'];
  /** True where the method ignores the class: the map is the same for every class. */
  readonly classAgnostic?: true;
  /** How the method's gradients were computed; missing where it needs none. */
  readonly gradients?: SaliencyMap['gradients'];
  /** Number of channels that may have a weight, where `--channels` limits the method. */
  readonly channels?: number;
  readonly backend: 'wasm' | 'webgpu';
  readonly runtime: string;
  readonly diagnostics: readonly string[];
  readonly milliseconds: number;
  /** Files written, relative to the folder of the summary, with `/`. */
  readonly outputs: readonly string[];
  /** The image's row in arrays that have rows of several inputs. */
  readonly row?: number;
}

/** An input, or one image of it, that could not be explained. */
export interface SummaryFailure {
  readonly input: string;
  readonly image?: number;
  readonly error: string;
}

export type SummaryEntry = SummaryResult | SummaryFailure;

/** The image's input, and its position there. */
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
    ...(target.name !== undefined && { name: target.name, value: target.value }),
    ...(target.pixels !== undefined && { pixels: target.pixels }),
    ...(target.box && { box: target.box }),
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

/** The input of a job, and the image's position there. */
export const originOf = ({ input, image }: Job): Origin =>
  imageCount(input) === 1 ? { input: input.path } : { input: input.path, image };
