/** What a model's graph says of its tensors, before it is known which output holds the scores. */

import type { Dim, Model, Shape } from './model.js';
import type { SmallConstant } from './shapes/rule.js';
import type { GraphIndex } from './walk.js';

export interface GraphFacts {
  readonly model: Model;
  readonly index: GraphIndex;
  /** As `inferShapes`. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The elements of small constants that shapes are computed from. */
  readonly values: ReadonlyMap<string, SmallConstant>;
  /** The number of images that the model takes, or its name. */
  readonly batch: Dim;
}
