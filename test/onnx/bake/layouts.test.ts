// Layers that are not [n, K, h, w]: a baked file gives the maps of torch.autograd in float64.
import { describe, expect, test } from 'vitest';
import { loadModel, readNpy } from '../../../src/node/index.js';
import { bake } from '../../../src/onnx/bake.js';
import { parseModel } from '../../../src/onnx/index.js';
import { expectClose } from '../../close.js';
import { metaOf, pathOf, reason } from '../../explain/questions.js';
import { errorOf } from '../small.js';
import { runBaked } from './baked.js';

const modelOf = async (name: string) =>
  parseModel((await loadModel(pathOf(name, 'model.onnx'), () => [])).bytes, name);

describe.skipIf(reason).each(['vit_cls', 'vit_gap', 'swin_windows', 'keras_nhwc'])('%s', (name) => {
  test.each(['grad-cam', 'layer-cam'] as const)('%s', async (method) => {
    const { layer, question } = metaOf(name);
    const images = await readNpy(pathOf(name, 'input.npy'));
    const classes = question.target.split(',').map(Number);
    const options = { method, layer, target: 'input' } as const;
    const { saliency, shape } = await runBaked(await modelOf(name), options, images, 'node', classes);
    const want = await readNpy(pathOf(name, `maps/${method}.npy`));
    expect(shape).toEqual(want.shape);
    expectClose(saliency, want.data, want.shape, 1e-3);
  });
});

test.skipIf(reason)('methods that read the layer by its axes are refused by name', async () => {
  const model = await modelOf('vit_cls');
  for (const method of ['mi-cam', 'eigen-cam', 'cam'] as const)
    expect(errorOf(() => bake(model, { method, layer: 'target_activation' }))).toEqual([
      'layer',
      expect.stringContaining(
        `bake: ${method}: expected a layer [n, K, h, w], got "target_activation" (tokens 8 × 8 + 1)`,
      ),
    ]);
});
