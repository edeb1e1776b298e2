import { expectExplainerOptions } from '../explain/checks.js';
import { type Explainer, type ExplainerOptions, type ModelSource, openExplainer } from '../explainer.js';
import type { ModelSettings } from '../image/index.js';
import { addressOf, namedImage } from './inputs/named-image.js';
import { loadWithData } from './model/external-locations.js';
import { modelPath } from './model/model-path.js';
import { findSettings } from './model/settings.js';

const readNamed = async (source: string | URL) => namedImage(source).read();

/**
 * Opens a model by its path, with the settings beside it, its URL or its bytes; images may be named. Tells no
 * notices.
 */
export async function openByName(source: ModelSource, options: ExplainerOptions = {}): Promise<Explainer> {
  const given = expectExplainerOptions(options);
  if (typeof source !== 'string' && !(source instanceof URL)) return openExplainer(source, given, readNamed);
  const address = addressOf(source, 'model', 'model');
  if ('url' in address) return openExplainer(address.url, given, readNamed);
  const path = await modelPath(address.path);
  const found = await findSettings(path);
  return openExplainer(await loadWithData(path), { ...besides(found, given), ...defined(given) }, readNamed);
}

/** What was found, without the name of a file for what an option says. */
const besides = (found: ModelSettings, given: ExplainerOptions): ExplainerOptions => ({
  ...(given.preprocessing
    ? {}
    : { preprocessing: found.preprocessing, preprocessingSource: found.preprocessingSource }),
  ...(given.labels ? {} : { labels: found.labels, labelsSource: found.labelsSource }),
  ...(given.activation ? {} : { activation: found.activation, activationSource: found.activationSource }),
});

/** Without the options that are undefined, which would hide what was found beside the model. */
const defined = (options: ExplainerOptions): ExplainerOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
