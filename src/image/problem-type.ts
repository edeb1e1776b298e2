import { isObject } from './json.js';

/** The function that turns a model's scores into probabilities, and the file that names it. */
export interface ActivationSettings {
  readonly activation?: 'sigmoid';
  readonly activationSource?: string;
}

/**
 * Hugging Face's `problem_type` of a `config.json`: labels that do not exclude one another get one sigmoid
 * each.
 */
export const problemType = (where: string, config: unknown): ActivationSettings =>
  isObject(config) && config.problem_type === 'multi_label_classification'
    ? { activation: 'sigmoid', activationSource: `${where} (problem_type)` }
    : {};
