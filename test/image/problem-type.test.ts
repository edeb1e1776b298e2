import { expect, test } from 'vitest';
import { parseModelSettings } from '../../src/image/index.js';

const processor = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: 224, do_normalize: true };

test('by problem_type of config.json, labels that do not exclude one another get one sigmoid each', () => {
  const of = (config: object) =>
    parseModelSettings('m/preprocessor_config.json', processor, 'model.onnx', config);
  expect(of({ problem_type: 'multi_label_classification' })).toMatchObject({
    activation: 'sigmoid',
    activationSource: 'm/config.json (problem_type)',
  });
  for (const config of [{ problem_type: 'single_label_classification' }, { problem_type: null }, {}])
    expect(of(config)).not.toHaveProperty('activation');
});
