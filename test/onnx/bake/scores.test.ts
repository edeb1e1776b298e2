/** One logit for two classes, and scores of other shapes. */

import { describe, test } from 'vitest';
import { createExplainer, methods } from '../../../src/index.js';
import { parseModel } from '../../../src/onnx/index.js';
import { caseBytes, pictures } from '../../cases/case.js';
import { expectClose } from '../../close.js';
import { bounds, runBaked } from './baked.js';

const names = ['grad-cam', 'hires-cam', 'cam', 'info-cam', 'ablation-cam'] as const;

const cases = [
  'binary-single-logit/model.onnx',
  'binary-single-logit/with-sigmoid.onnx',
  'odd-score-shapes/rank1.onnx',
  'odd-score-shapes/model.onnx',
];

describe.each(cases)('%s', (file) => {
  test.each([true, false])(
    'predicted and asked classes as explain has them, closed forms %s',
    async (closedForms) => {
      const bytes = caseBytes(file);
      const [picture] = await pictures();
      const images = { data: picture.data, shape: [1, ...picture.shape] };
      const explainer = await createExplainer(bytes, {
        backend: 'wasm',
        closedForms,
        methods: names.map((name) => methods[name]()),
      });
      const explained = await explainer.explain([picture], { target: ['predicted', 0, 1] });
      await explainer.dispose();
      for (const name of closedForms ? names : (['grad-cam', 'hires-cam'] as const)) {
        const asked = [explained[0], ...explained.slice(1)];
        for (const [at, { maps }] of asked.entries()) {
          const target = at === 0 ? 'predicted' : 'input';
          const classes = at === 0 ? [] : [at - 1];
          const run = await runBaked(
            parseModel(bytes),
            { method: name, target, closedForms },
            images,
            'node',
            classes,
          );
          expectClose(run.saliency, maps[name].saliency, [32, 32], bounds[name]);
        }
      }
    },
  );
});
