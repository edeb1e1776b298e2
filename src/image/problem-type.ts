import { isObject } from './json.js';

/** What makes probabilities of a model's scores, and the file that says so. */
export interface ActivationSettings {
  readonly activation?: 'sigmoid';
  readonly activationSource?: string;
}

/**
 * Hugging Face's `problem_type` of a `config.json`: labels that do not exclude one another have a sigmoid
 * each.
 */
export const problemType = (where: string, config: unknown): ActivationSettings =>
  isObject(config) && config.problem_type === 'multi_label_classification'
    ? { activation: 'sigmoid', activationSource: `${where} (problem_type)` }
    : {};
