import { expectExplainerOptions } from '../explain/checks.js';
import { type Explainer, type ExplainerOptions, type ModelSource, openExplainer } from '../explainer.js';
import type { ModelSettings } from '../image/index.js';
import { withInputFiles } from './inputs/input-files.js';
import { addressOf, namedImage } from './inputs/named-image.js';
import { loadWithData } from './model/external-locations.js';
import { modelPath } from './model/model-path.js';
import { findSettings } from './model/settings.js';

const readNamed = async (source: string | URL) => namedImage(source).read();

/**
 * Opens a model by its path, with the settings beside it, or by its URL or bytes; images may be paths and
 * URLs. Reports no notices.
 */
export async function openByName(source: ModelSource, options: ExplainerOptions = {}): Promise<Explainer> {
  const given = await withInputFiles(expectExplainerOptions(options));
  if (typeof source !== 'string' && !(source instanceof URL)) return openExplainer(source, given, readNamed);
  const address = addressOf(source, 'model', 'model');
  if ('url' in address) return openExplainer(address.url, given, readNamed);
  const path = await modelPath(address.path);
  const found = await findSettings(path);
  return openExplainer(await loadWithData(path), { ...besides(found, given), ...defined(given) }, readNamed);
}

/** The settings beside the model, without the source of each value that an option replaces. */
const besides = (found: ModelSettings, given: ExplainerOptions): ExplainerOptions => ({
  ...(given.preprocessing
    ? {}
    : { preprocessing: found.preprocessing, preprocessingSource: found.preprocessingSource }),
  ...(given.labels ? {} : { labels: found.labels, labelsSource: found.labelsSource }),
  ...(given.activation ? {} : { activation: found.activation, activationSource: found.activationSource }),
});

/** The options without those that are undefined, which would hide the settings beside the model. */
const defined = (options: ExplainerOptions): ExplainerOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
