import type { Layout } from '../onnx/feature-map.js';

/** A layer that maps are of. */
export interface TargetLayer {
  readonly name: string;
  /** Why it was chosen, for people. */
  readonly reason: string;
  readonly layout: Layout;
}
