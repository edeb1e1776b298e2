import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Explanation, methods } from '../../../src/index.js';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { bake } from '../../../src/onnx/bake.js';
import { classifyTail, targetLayer } from '../../../src/onnx/index.js';
import { parseModel } from '../../../src/onnx/read.js';
import { expectClose } from '../../close.js';
import { families, familyPath, missing, referenceFolder } from '../../data.js';
import { runModel, toFloats } from '../gradients/run.js';
import { errorOf } from '../small.js';
import { bounds, explained, joined, methodNames, runBaked } from './baked.js';

const reason = missing(join(referenceFolder, 'families'));

/** Methods that take a linear tail. */
const linear = ['cam', 'info-cam', 'ablation-cam'];
const agnostic = ['eigen-cam', 'mi-cam', 'mean-activation'];

async function familyOf(name: string) {
  const bytes = readFileSync(familyPath(name, 'model.onnx'));
  const { targets } = JSON.parse(readFileSync(familyPath(name, 'meta.json'), 'utf8'));
  const model = parseModel(bytes, name);
  return { bytes, model, targets, images: await readNpy(familyPath(name, 'input.npy')) };
}

const cache = new Map<string, Promise<readonly Explanation[]>>();
afterAll(() => cache.clear());

/** The maps of `explain`, all methods at once, the same for both runtimes. */
function wanted(name: string, layer: string, names: readonly string[]): Promise<readonly Explanation[]> {
  const run = async () => {
    const { bytes, targets, images } = await familyOf(name);
    const made = names.map((method) => methods[method]());
    return explained(bytes, made, images, { layers: [layer], targets });
  };
  const key = `${name} ${layer}`;
  const found = cache.get(key) ?? run();
  cache.set(key, found);
  return found;
}

// The family's own layer has any kind of tail, the one that is taken by default a linear one where there is
// one.
const cases = families.flatMap((name) =>
  ['target_activation', 'default'].map((layer) => [name, layer] as const),
);

describe.skipIf(reason).each(['node', 'web'] as const)(`on onnxruntime-%s ${reason ?? ''}`, (runtime) => {
  test.each(cases)('%s, layer %s: what explain gives, and the scores as they were', async (name, which) => {
    const { model, bytes, targets, images } = await familyOf(name);
    const layer = which === 'default' ? targetLayer(model).name : which;
    const isLinear = classifyTail(model, layer).kind !== 'other';
    const names = methodNames.filter((method) => isLinear || !linear.includes(method));
    const want = await wanted(name, layer, names);
    const bare = await runModel({ bytes }, { image: images }, ['logits'], runtime);
    for (const method of names) {
      const target = agnostic.includes(method) ? 'predicted' : 'input';
      const run = await runBaked(model, { method, layer, target }, images, runtime, targets);
      const maps = joined(want.map((one) => one.maps[method].saliency));
      const { shape } = want[0].maps[method];
      expect(run.shape, method).toEqual([want.length, ...shape]);
      expect(run.baked.way, method).toBe(
        agnostic.includes(method) ? 'activations' : isLinear ? 'closed form' : 'backward graph',
      );
      expect(
        maps.some((value) => value > 0.9),
        `${method}: a map that says something`,
      ).toBe(true);
      within(method, run.saliency, maps, run.shape, bounds[method]);
      within(method, toFloats(run.outputs.logits), toFloats(bare.logits), bare.logits.shape, 1e-6);
    }
  });
});

/** `expectClose`, which names what was compared. */
function within(
  what: string,
  got: Float32Array,
  want: Float32Array,
  shape: readonly number[],
  bound: number,
): void {
  try {
    expectClose(got, want, shape, bound);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
  }
}

describe.skipIf(reason)(`batches and targets ${reason ?? ''}`, () => {
  // Softmax at the end, two linear layers behind the target layer; weights of one linear layer; channels that
  // are classes.
  const some = ['vgg_softmax', 'mobilenet_v2', 'squeezenet'] as const;

  test.each(some)('%s: three images at once are what each is alone', async (name) => {
    const { model, images } = await familyOf(name);
    const size = images.data.length / 3;
    for (const method of methodNames) {
      if (name === 'vgg_softmax' && linear.includes(method)) continue;
      const together = await runBaked(model, { method }, images);
      const alone: Float32Array[] = [];
      for (let n = 0; n < 3; n++) {
        const image = {
          data: images.data.slice(n * size, (n + 1) * size),
          shape: [1, ...images.shape.slice(1)],
        };
        alone.push((await runBaked(model, { method }, image)).saliency);
      }
      within(method, together.saliency, joined(alone), together.shape, 2e-5);
    }
  });

  test.each(some)('%s: a negative target is the predicted class; each image has its own', async (name) => {
    const { model, images } = await familyOf(name);
    const predicted = await runBaked(model, { method: 'grad-cam' }, images);
    const options = { method: 'grad-cam', target: 'input' } as const;
    const negative = await runBaked(model, options, images, 'node', [-1, -7, -1]);
    expect(negative.saliency).toEqual(predicted.saliency);
    const logits = toFloats(predicted.outputs.logits);
    const best = [0, 1, 2].map((n) => {
      const row = [...logits.slice(n * 20, (n + 1) * 20)];
      return row.indexOf(Math.max(...row));
    });
    const named = await runBaked(model, options, images, 'node', best);
    expect(named.saliency).toEqual(predicted.saliency);
    const others = best.map((c) => (c + 1) % 20);
    const mixed = await runBaked(model, options, images, 'node', [others[0], best[1], -1]);
    const plane = mixed.saliency.length / 3;
    expect(mixed.saliency.slice(plane)).toEqual(predicted.saliency.slice(plane));
    expect(mixed.saliency.slice(0, plane)).not.toEqual(predicted.saliency.slice(0, plane));
  });

  // Both forms of the class: a row of the weights, a one-hot score. A wrong one would give an empty map.
  test.each([...some, 'vgg'])('%s: a class that the model does not have is an error', async (name) => {
    const { model, images } = await familyOf(name);
    const options = { method: 'grad-cam', target: 'input' } as const;
    await expect(runBaked(model, options, images, 'node', [0, 20, 1])).rejects.toThrow(
      /out of (data )?bounds/,
    );
  });

  test('closed forms and backward graphs agree', async () => {
    const { model, images } = await familyOf('mobilenet_v2');
    for (const method of ['grad-cam', 'grad-cam++', 'xgrad-cam', 'hires-cam', 'layer-cam'] as const) {
      const closed = await runBaked(model, { method }, images);
      const graph = await runBaked(model, { method, closedForms: false }, images);
      expect([closed.baked.way, graph.baked.way]).toEqual(['closed form', 'backward graph']);
      within(method, closed.saliency, graph.saliency, closed.shape, 1e-4);
    }
  });

  test.each(['densenet', 'squeezenet'])(
    '%s: at the size of the layer, what is upsampled else',
    async (name) => {
      const { model, bytes, images } = await familyOf(name);
      const [small, large] = [
        await runBaked(model, { method: 'layer-cam', size: 'layer' }, images),
        await runBaked(model, { method: 'layer-cam' }, images),
      ];
      const want = await explained(bytes, [methods['layer-cam']()], images);
      const scaled = want.map(({ maps }) => {
        const positive = maps['layer-cam'].raw.data.map((value) => Math.max(value, 0));
        const [lo, hi] = [Math.min(...positive), Math.max(...positive)];
        return positive.map((value) => (value - lo) / (hi - lo));
      });
      expect(small.shape).toEqual([3, ...want[0].maps['layer-cam'].raw.shape]);
      expect(large.shape).toEqual([3, 128, 128]);
      expectClose(small.saliency, joined(scaled), small.shape, 1e-4);
    },
  );

  test('a tail that is not linear is no tail for methods that take its weights', async () => {
    const { model } = await familyOf('vgg');
    for (const method of ['cam', 'info-cam', 'ablation-cam'] as const)
      expect(errorOf(() => bake(model, { method }))).toEqual([
        'model',
        `${method}: expected global average pooling and at most one linear layer after "target_activation" (a closed form is what can be baked), got a tail of 8 nodes of another kind. Choose a method that works with any tail, such as grad-cam, or explain this model with createExplainer.`,
      ]);
  });
});
