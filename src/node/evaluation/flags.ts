import type { Box } from '../../metrics/index.js';
import type { ExplainFlags } from '../options/explain.js';

/** The options of `evaluate`, parsed and validated. */
export interface EvaluateFlags
  extends Pick<
    ExplainFlags,
    | 'model'
    | 'layer'
    | 'method'
    | 'output'
    | 'activation'
    | 'score'
    | 'region'
    | 'channels'
    | 'bins'
    | 'resolution'
    | 'backend'
    | 'runtime'
    | 'out'
    | 'preprocess'
    | 'labels'
    | 'threads'
    | 'quiet'
  > {
  /** Pictures explained in one batch. */
  readonly batch: number;
  readonly data: string;
  readonly images?: string;
  readonly metrics: readonly string[];
  readonly limit?: number;
  readonly seed: number;
  readonly steps: number;
  readonly passBatch: number;
  /** In the pixels of the network's input. */
  readonly unseen?: Box;
  readonly sanityOrder: 'output-first' | 'input-first';
  readonly sanityStages: number;
  readonly sanityPictures: number;
  readonly restart?: true;
  readonly force?: true;
}
