import { afterAll, describe, expect, test } from 'vitest';
import { calmProbabilities } from '../../src/explain/needs/calm-scores.js';
import {
  type CalmMap,
  type CamError,
  calm,
  createExplainer,
  type Explainer,
  type ExplainerOptions,
  meanActivation,
  methods,
} from '../../src/index.js';
import { drawOnce } from '../../src/node/outputs/output-writer.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { node } from '../onnx/build.js';
import { CLASSES, calmModel, image, SIZE } from './small-models.js';

const opened: Explainer[] = [];
afterAll(async () => {
  for (const explainer of opened) await explainer.dispose();
});

async function explainer(bytes: Uint8Array, options: ExplainerOptions = {}): Promise<Explainer> {
  const made = await createExplainer(bytes, { backend: 'wasm', methods: [calm()], ...options });
  opened.push(made);
  return made;
}

const names: readonly CalmMap[] = ['attribution', 'conditional', 'softmax', 'saliency'];
const key = (kind: CalmMap) => (kind === 'attribution' ? 'calm' : `calm-${kind}`);
const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
const classes = Array.from({ length: CLASSES }, (_, c) => c);

/** The maps of every class, by method. */
async function allClasses(bytes: Uint8Array, options: ExplainerOptions = {}) {
  const made = await explainer(bytes, { methods: names.map((kind) => calm({ calm: kind })), ...options });
  return made.explain([image(1)], { target: classes });
}

describe.each(backends)('CALM on %s', (backend) => {
  test('positions add up to p(c|x), classes to p(z|x), all of it to 1', async ({ skip }) => {
    await open(backend, skip);
    const found = await allClasses(calmModel(), { backend });
    const raw = (c: number, kind: CalmMap) => found[c].maps[key(kind)].raw.data;
    const posterior = classes.map((c) => total(raw(c, 'attribution')));
    expect(posterior.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    for (const c of classes) {
      expect(found[c].target.score).toBeCloseTo(posterior[c], 5);
      expect(total(raw(c, 'conditional'))).toBeCloseTo(1, 5);
      const conditional = raw(c, 'attribution').map((value) => value / posterior[c]);
      expectClose(raw(c, 'conditional'), conditional, [4, 4], 1e-5);
    }
    const saliency = raw(0, 'saliency');
    expect(total(saliency)).toBeCloseTo(1, 5);
    const joint = saliency.map((_, z) => classes.reduce((sum, c) => sum + raw(c, 'attribution')[z], 0));
    expectClose(joint, saliency, [4, 4], 1e-5);
    const product = saliency.map((p, z) => p * raw(3, 'softmax')[z]);
    expectClose(product, raw(3, 'attribution'), [4, 4], 1e-5);
  });

  test('subset and counterfactual are sums and differences of attributions', async ({ skip }) => {
    await open(backend, skip);
    const found = await allClasses(calmModel(), { backend });
    const raw = (c: number) => found[c].maps.calm.raw.data;
    const made = await explainer(calmModel(), {
      backend,
      methods: [calm({ calm: 'subset', classes: [1, 4] }), calm({ calm: 'counterfactual', against: 0 })],
    });
    const [{ maps }] = await made.explain([image(1)], { target: 2 });
    const sum = raw(1).map((value, z) => value + raw(4)[z]);
    expectClose(maps['calm-subset'].raw.data, sum, [4, 4], 1e-5);
    const difference = raw(2).map((value, z) => value - raw(0)[z]);
    const { saliency, values, raw: coarse } = maps['calm-counterfactual'];
    expectClose(coarse.data, difference, [4, 4], 1e-5);
    // Signed, and kept so.
    expect(values).toBe('differences');
    expect(Math.min(...saliency)).toBeLessThan(0);
    expect(maps['calm-subset'].values).toBe('probabilities');
  });
});

test('a constant added to f changes nothing', async () => {
  const [plain, shifted] = [await allClasses(calmModel()), await allClasses(calmModel(['f', 'a'], 50))];
  for (const c of classes)
    for (const kind of names) {
      const { raw } = plain[c].maps[key(kind)];
      expectClose(shifted[c].maps[key(kind)].raw.data, raw.data, raw.shape, 1e-4);
    }
});

test('maps are upsampled, not scaled, unless that is asked for', async () => {
  const [plain] = await (await explainer(calmModel())).explain([image(1)]);
  const [scaled] = await (await explainer(calmModel(), { methods: [calm({ scaled: true })] })).explain([
    image(1),
  ]);
  const { saliency, raw, values, layers } = plain.maps.calm;
  expect(values).toBe('probabilities');
  expect(layers.map(({ layer }) => layer)).toEqual(['f']);
  expect(saliency).toHaveLength(SIZE * SIZE);
  expect(Math.max(...saliency)).toBeLessThanOrEqual(Math.max(...raw.data));
  expect(saliency[0]).toBeCloseTo(raw.data[0], 6); // a corner of the upsampled map is a corner of the map
  expect(scaled.maps.calm.values).toBeUndefined();
  expect([Math.min(...scaled.maps.calm.saliency), Math.max(...scaled.maps.calm.saliency)]).toEqual([0, 1]);
});

test('drawn for the eye: probabilities as shares of the largest, differences around 0', async () => {
  const grey = { data: new Uint8Array(4 * 4).fill(255), width: 2, height: 2 };
  const view = { x: 0, y: 0, width: 2, height: 2 };
  const draw = (saliency: number[], values: 'probabilities' | 'differences' | undefined) =>
    drawOnce(grey, { saliency: Float32Array.from(saliency), shape: [2, 2], values }, view, {
      heatOnly: true,
    })().data;
  expect(draw([0.01, 0.02, 0, 0.005], 'probabilities')).toEqual(draw([0.5, 1, 0, 0.25], undefined));
  const [r, , b] = draw([0.01, -0.02, 0, 0], 'differences').subarray(4);
  const [r0, , b0] = draw([0.02, -0.01, 0, 0], 'differences');
  // The two ends of the diverging map: one is reddish, the other bluish.
  expect(Math.sign(r - b)).toBe(-Math.sign(r0 - b0));
});

describe('the outputs f and a', () => {
  test('are recognised by their shapes, or named by the option', async () => {
    const other = calmModel(['scores', 'where']);
    const [plain] = await (await explainer(calmModel())).explain([image(1)], { target: 2 });
    for (const options of [{}, { calm: { scores: 'scores', attention: 'where' } }]) {
      const [found] = await (await explainer(other, options)).explain([image(1)], { target: 2 });
      expect(found.maps.calm.raw.data).toEqual(plain.maps.calm.raw.data);
    }
  });

  test('missing outputs are an error that lists the model’s outputs', async () => {
    const failed = (bytes: Uint8Array, options: ExplainerOptions = {}) =>
      createExplainer(bytes, { backend: 'wasm', methods: [calm()], ...options }).catch(
        ({ code, message }: CamError) => `${code} ${message}`,
      );
    expect(await failed(calmModel(), { calm: { scores: 'f', attention: 'b' } })).toBe(
      'model model: expected a CALM model\'s outputs f [n, C, h, w] and a [n, 1, h, w] ("f" and "b"), got "f" [n, 5, 4, 4], "a" [n, 1, 4, 4]. Name them by the option calm.',
    );
  });

  test('beside class scores: the class scores choose the class, and other methods run too', async () => {
    const more = {
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { strides: [2, 2] }),
        node('Relu', ['c'], ['r']),
        node('Conv', ['r', 'wf'], ['f']),
        node('Conv', ['r', 'wa'], ['a']),
        node('GlobalAveragePool', ['f'], ['g']),
        node('Flatten', ['g'], ['logits']),
      ],
      outputs: { f: ['n', CLASSES, 4, 4], a: ['n', 1, 4, 4], logits: ['n', CLASSES] },
    };
    const made = await explainer(calmModel(['f', 'a'], 0, more), {
      layers: ['r'],
      methods: [calm(), meanActivation],
    });
    const [{ maps, scores }] = await made.explain([image(1)]);
    expect(scores).toHaveLength(CLASSES);
    expect(maps.calm.layers[0].layer).toBe('f');
    expect(maps['mean-activation'].layers[0].layer).toBe('r');
    const [{ maps: alone }] = await (await explainer(calmModel())).explain([image(1)], {
      target: scores.indexOf(Math.max(...scores)),
    });
    expectClose(maps.calm.raw.data, alone.calm.raw.data, [4, 4], 1e-6);
  });
});

test('invalid options are refused', async () => {
  expect(() => calm({ calm: 'counterfactual' })).toThrow(
    'calm: against: expected the class to compare with, got none.',
  );
  expect(() => calm({ calm: 'subset' })).toThrow(
    'calm: classes: expected the classes of the subset, got none.',
  );
  const made = await explainer(calmModel(), { methods: [calm({ calm: 'counterfactual', against: 9 })] });
  await expect(made.explain([image(1)])).rejects.toThrow('calm: expected a class from 0 to 4, got 9.');
  expect(methods['calm-softmax']().name).toBe('calm-softmax');
});

test('class probabilities of attention far below 0, and of scores beyond exp', () => {
  const f = Float32Array.of(1000, 0, 0, 1000); // [2, 2]: class 0 at the first position, class 1 at the second
  const a = Float32Array.of(-50, -50 + Math.log(3));
  expectClose(calmProbabilities(f, a), [0.25, 0.75], [2], 1e-5);
});
