import type { AnyMethod, ExplainerOptions, Explanation } from '../../src/index.js';
import { explaining, pictures } from '../cases/case.js';
import { weights } from '../onnx/build.js';
import { image } from './small-models.js';

/** Explanations of a case's two pictures, or of one picture by a model of one's own. */
export const explain = async (
  model: string | Uint8Array,
  asked: readonly AnyMethod[],
  options: ExplainerOptions = {},
  target: number | 'predicted' | readonly number[] = 'predicted',
): Promise<Explanation[]> => {
  const images = typeof model === 'string' ? await pictures() : [image(1)];
  return explaining(model, { methods: asked, ...options }, (explainer) =>
    explainer.explain(images, { target }),
  );
};

export const negated = (values: Float32Array | undefined): Float32Array =>
  (values ?? new Float32Array()).map((v) => 0 - v);

/** The small classifier's linear layer with other columns. */
export const withColumns = (columns: number, more = {}) =>
  ({
    initializers: { fc: weights([6, columns], 2), b: weights([columns], 3) },
    outputs: { logits: ['n', columns] },
    ...more,
  }) as const;
