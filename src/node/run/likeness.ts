/** The embeddings that `--target like:FILE` names. */
import { CamError } from '../../errors.js';
import type { ExplainerOptions } from '../../explain/options.js';
import { analyse, parseModel, withAnswer } from '../../onnx/index.js';
import type { LikeTarget } from '../../targets/index.js';
import { namedImage } from '../inputs/named-image.js';
import { readNpy } from '../inputs/npy.js';
import { loadModel } from '../model/load-model.js';
import type { Dependencies } from '../terminal/dependencies.js';

/** The file that a target names, where it is a likeness. */
export const likenessFile = (target: unknown): string | undefined =>
  typeof target === 'string' && target.startsWith('like:') ? target.slice('like:'.length) : undefined;

/**
 * The target of a likeness: the vector in a `.npy` file, or the embedding that the model makes of a picture.
 * @throws {CamError} `input` for a file that cannot be read, `option` for an array that is no vector.
 */
export async function likenessOf(
  file: string,
  model: string,
  options: ExplainerOptions,
  deps: Pick<Dependencies, 'openExplainer'>,
): Promise<LikeTarget> {
  const name = `like:${file}`;
  if (file === '')
    throw new CamError('option', '--target: expected a file, as in like:embedding.npy, got "like:".');
  if (!file.toLowerCase().endsWith('.npy'))
    return { name, like: await embeddingOf(file, model, options, deps) };
  const { data, shape } = await readNpy(file);
  if (shape.filter((length) => length !== 1).length <= 1) return { name, like: Array.from(data) };
  throw new CamError('option', `--target ${name}: expected one vector [D], got [${shape.join(', ')}].`);
}

async function embeddingOf(
  file: string,
  model: string,
  options: ExplainerOptions,
  deps: Pick<Dependencies, 'openExplainer'>,
): Promise<readonly number[]> {
  const picture = await namedImage(file).read();
  const { bytes } = await loadModel(model, () => []);
  const asked = withAnswer(analyse(parseModel(bytes, model)), { answer: 'like', output: options.output });
  const opened = {
    ...options,
    output: asked.scoring?.output,
    target: 'value:0',
    methods: ['mean-activation'],
  };
  const explainer = await deps.openExplainer(model, { ...opened, onNotice: () => {} } as ExplainerOptions);
  try {
    const { scores } = await explainer.explain(picture, { methods: [] });
    return Array.from(scores);
  } finally {
    await explainer.dispose();
  }
}
