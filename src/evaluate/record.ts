import type { Problem } from './data-set.js';
import type { Evidence } from './metric.js';
import type { StoredMap } from './stored-map.js';

/**
 * The stored result of one method on one picture. Plain JSON, enough to recompute every figure and drawing.
 */
export interface MethodRecord {
  /** By metric; a metric that is not defined for the picture is missing. */
  readonly evidence: Readonly<Record<string, Evidence>>;
  /** Of the predicted class. */
  readonly map: StoredMap;
  /** Of the true class, where it is known and differs. */
  readonly trueMap?: StoredMap;
  readonly classAgnostic: boolean;
  readonly diagnostics: readonly string[];
  readonly milliseconds: number;
}

/** One picture that was evaluated. */
export interface PictureRecord {
  readonly picture: string;
  /** The true class, where it is known and the model has it. */
  readonly label?: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly score: number;
  /** Size of the network's input. */
  readonly size: readonly [height: number, width: number];
  /** Annotations that were left out. */
  readonly problems: readonly Problem[];
  readonly methods: Readonly<Record<string, MethodRecord>>;
  /** Forward passes of perturbed images, and the milliseconds it took to make and score them. */
  readonly passes: { readonly count: number; readonly milliseconds: number };
}

/** One picture that could not be evaluated. */
export interface FailureRecord {
  readonly picture: string;
  readonly error: string;
  /** True where the model, not the picture, seems to be at fault. */
  readonly byModel: boolean;
}

export type AnyRecord = PictureRecord | FailureRecord;
