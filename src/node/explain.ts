/** One call from a model file and a picture to an explanation that can be saved. */
import { expectCallOptions } from '../explain/checks.js';
import { isOne, listOf } from '../explain/images.js';
import { tellNotices } from '../explain/notices.js';
import type {
  DefaultMethods,
  ExplainerOptions,
  ExplainOptions,
  MapsOf,
  ModelSource,
} from '../explain/options.js';
import type { ImageSource, MethodChoice } from '../index.js';
import type { Explanation, InputTensor, NamedMaps, Picture } from '../types.js';
import { namedImage } from './inputs/named-image.js';
import { openByName } from './open-by-name.js';
import { type SaveOptions, saveExplanation } from './outputs/save.js';

/** An explanation that can be saved as a picture. */
export interface SavableExplanation<Maps extends NamedMaps = NamedMaps> extends Explanation<Maps> {
  /**
   * Draws the map of the first method over the picture. The extension chooses the format: `.png`, `.jpg` or
   * `.webp`. An existing file of that name is replaced. A picture in a file is read again.
   * @throws {CamError} `option`, `input`, `output`.
   */
  save(path: string, options?: SaveOptions): Promise<void>;
}

/** The options of `createExplainer` and those of `explainer.explain`. */
export interface ExplainCallOptions<
  Methods extends readonly MethodChoice[] = readonly MethodChoice[],
  Unservable extends 'error' | 'skip' = 'error' | 'skip',
> extends ExplainerOptions<Methods, Unservable>,
    Omit<ExplainOptions, 'methods'> {}

const ofCall = ['augment', 'targets', 'rows', 'batch', 'onError', 'onProgress', 'signal'] as const;

/** The options, by the function that takes them; both take the target. */
function divided(options: ExplainCallOptions): readonly [ExplainerOptions, ExplainOptions] {
  const entries = Object.entries(options);
  const isOfCall = ([name]: [string, unknown]) => ofCall.some((one) => one === name);
  return [
    Object.fromEntries(entries.filter((entry) => !isOfCall(entry))),
    Object.fromEntries(entries.filter((entry) => isOfCall(entry) || entry[0] === 'target')),
  ];
}

interface Source {
  readonly name: string;
  readonly path?: string;
  readonly read: () => Promise<Picture | InputTensor>;
}

function sourceOf(given: ImageSource, image: number): Source {
  if (typeof given === 'string' || given instanceof URL) return namedImage(given);
  return { name: `image ${image}`, read: async () => given as Picture | InputTensor };
}

/**
 * Opens a model, explains one or several pictures, and closes the model. For more than one call
 * `createExplainer` is faster.
 * @param model  A path to a file, or to a folder with one; a URL; or bytes.
 * @param image  A path or URL; a decoded picture; a tensor; or a list of these.
 * @returns One explanation; or a list, in order, for a list of images or several targets.
 * @throws {CamError} `model`, `input`, `layer`, `target`, `gradients`, `option`, `backend`, `gpu`.
 */
export async function explain<
  const Methods extends readonly MethodChoice[] = DefaultMethods,
  const Unservable extends 'error' | 'skip' = 'error',
>(
  model: ModelSource,
  images: readonly ImageSource[],
  options?: ExplainCallOptions<Methods, Unservable>,
): Promise<SavableExplanation<MapsOf<Methods, Unservable>>[]>;
export async function explain<
  const Methods extends readonly MethodChoice[] = DefaultMethods,
  const Unservable extends 'error' | 'skip' = 'error',
>(
  model: ModelSource,
  image: ImageSource,
  options: ExplainCallOptions<Methods, Unservable> & { readonly target: readonly unknown[] },
): Promise<SavableExplanation<MapsOf<Methods, Unservable>>[]>;
export async function explain<
  const Methods extends readonly MethodChoice[] = DefaultMethods,
  const Unservable extends 'error' | 'skip' = 'error',
>(
  model: ModelSource,
  image: ImageSource,
  options?: ExplainCallOptions<Methods, Unservable>,
): Promise<SavableExplanation<MapsOf<Methods, Unservable>>>;
export async function explain(
  model: ModelSource,
  image: ImageSource | readonly ImageSource[],
  options: ExplainCallOptions = {},
): Promise<SavableExplanation | SavableExplanation[]> {
  expectCallOptions(options);
  const [opening, asking] = divided(options);
  const images = listOf(image) as ImageSource[];
  const sources = images.map(sourceOf);
  // A single picture is read first, so that a missing file is the first error.
  const single = isOne(image) ? await sources[0].read() : undefined;
  const explainer = await openByName(model, opening);
  try {
    tellNotices(explainer.notices, opening.onNotice);
    const { preprocessing } = explainer;
    const savable = (explanation: Explanation): SavableExplanation => {
      const { name, path, read } = sources[explanation.image];
      const kept = [path, typeof model === 'string' ? model : undefined].flatMap((file) => file ?? []);
      const drawn = { name, model: nameOf(model), preprocessing, source: read, kept };
      return { ...explanation, save: (to, how) => saveExplanation(explanation, drawn, to, how) };
    };
    const found = await (single === undefined
      ? explainer.explain(images, asking)
      : explainer.explain(single, asking));
    return Array.isArray(found) ? found.map(savable) : savable(found);
  } finally {
    await explainer.dispose();
  }
}

const nameOf = (model: ModelSource): string => {
  if (typeof model === 'string' || model instanceof URL) return String(model);
  return 'name' in model && typeof model.name === 'string' ? model.name : 'model';
};
