import type { Subject } from '../../evaluate/index.js';
import { type Explainer, type ExplainerOptions, openExplainer } from '../../explainer.js';
import { withInputFiles } from '../inputs/input-files.js';
import { loadWithData } from '../model/external-locations.js';
import type { LoadedModel } from '../model/load-model.js';

/**
 * Opens the model at a path.
 * @param file  Its content, where it was read before.
 * @throws {CamError} as `openExplainer` does.
 */
export async function openExplainerAt(
  path: string,
  options: ExplainerOptions,
  file?: LoadedModel,
): Promise<Explainer> {
  return openExplainer(file ?? (await loadWithData(path)), await withInputFiles(options));
}

/** The same for evaluation. Throws `CamError` as `openSubject` does. */
export async function openSubjectAt(path: string, options: ExplainerOptions): Promise<Subject> {
  const { openSubject } = await import('../../evaluate/index.js');
  return openSubject(await loadWithData(path), options);
}
