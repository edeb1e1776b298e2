import { describe, expect, test, vi } from 'vitest';
import {
  createExplainer,
  type ExplainerOptions,
  type ExplainOptions,
  eigenCam,
  gradCam,
  miCam,
  scoreCam,
} from '../../src/index.js';
import { node } from '../onnx/build.js';
import { classifier, image, rejection, SIZE } from './classifier.js';

const backend = 'wasm';
const open = (options: object = {}) =>
  createExplainer(classifier(), { backend, onNotice: () => undefined, ...options } as ExplainerOptions);

describe('methods', () => {
  test('by default Grad-CAM, then MI-CAM', async () => {
    const explainer = await createExplainer(classifier(), { backend, onNotice: () => undefined });
    const { maps } = await explainer.explain(image(1));
    expect(Object.keys(maps)).toEqual(['grad-cam', 'mi-cam']);
    expect(explainer.notices.join()).not.toContain('left out');
    await explainer.dispose();
  });

  test('by default MI-CAM alone where no gradient reaches the layer; a notice says why', async () => {
    const bytes = classifier({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['a']),
        node('GlobalAveragePool', ['a'], ['g']),
        node('Flatten', ['g'], ['f']),
        node('Gemm', ['f', 'fc'], ['s']),
        node('Round', ['s'], ['logits']),
      ],
    });
    const told: string[] = [];
    const explainer = await createExplainer(bytes, { backend, onNotice: (text) => told.push(text) });
    const { maps } = await explainer.explain(image(1));
    expect(Object.keys(maps)).toEqual(['mi-cam']);
    expect(told.find((text) => text.includes('grad-cam is left out'))).toMatch(/Round/);
    expect(explainer.skipped).toMatchObject([{ method: 'grad-cam' }]);
    await explainer.dispose();
    expect(await rejection(createExplainer(bytes, { backend, methods: ['grad-cam'] }))).toEqual([
      'gradients',
      expect.stringContaining('grad-cam: no gradient'),
    ]);
  });

  test('names and values give the same, in the requested order', async () => {
    const [named, values] = [
      await open({ methods: ['EigenCAM', 'gradcam'] }),
      await open({ methods: [eigenCam(), gradCam] }),
    ];
    const [a, b] = [await named.explain(image(1)), await values.explain(image(1))];
    expect(Object.keys(a.maps)).toEqual(['eigen-cam', 'grad-cam']);
    for (const name of Object.keys(a.maps)) expect(a.maps[name].saliency).toEqual(b.maps[name].saliency);
    await named.dispose();
    await values.dispose();
  });

  test('a subset for one call', async () => {
    const explainer = await open({ methods: ['mi-cam', 'grad-cam'] });
    const all = await explainer.explain(image(1));
    const some = await explainer.explain(image(1), { methods: ['gradcam'] });
    expect(Object.keys(some.maps)).toEqual(['grad-cam']);
    expect(some.maps['grad-cam'].saliency).toEqual(all.maps['grad-cam'].saliency);
    expect(Object.keys((await explainer.explain(image(1), { methods: [miCam()] })).maps)).toEqual(['mi-cam']);
    expect(await rejection(explainer.explain(image(1), { methods: ['eigen-cam'] }))).toEqual([
      'option',
      'explain: methods: expected one of mi-cam, grad-cam, which the explainer was opened with, got "eigen-cam". Open it with this method too.',
    ]);
    await explainer.dispose();
  });

  test.for<[unknown, string]>([
    [['grad-cma'], 'got "grad-cma". Did you mean "grad-cam"?'],
    [[miCam], 'methods: expected methods or their names, got a function (miCam). Call it: miCam().'],
    [[{ name: 'x' }], 'methods: expected methods or their names, got an object { name }.'],
    [[null], 'methods: expected methods or their names, got null.'],
    ['grad-cam', 'createExplainer: methods: expected an array, got "grad-cam".'],
    [[scoreCam(), scoreCam()], 'got two called "score-cam". Rename one'],
  ])('%#: no methods', async ([methods, message]) => {
    const [code, text] = await rejection(open({ methods }));
    expect([code, text]).toEqual(['option', expect.stringContaining(message)]);
  });
});

describe('images', () => {
  test('one image gives its explanation, with several targets a list; a list gives a list', async () => {
    const explainer = await open({ methods: ['grad-cam'] });
    const [listed] = await explainer.explain([image(1)]);
    const one = await explainer.explain(image(1));
    expect(one).toEqual({ ...listed, maps: one.maps });
    const several = await explainer.explain(image(1), { target: [0, 1] });
    expect(Array.isArray(several) && several.map(({ target }) => target.index)).toEqual([0, 1]);
    expect(await explainer.explain([])).toEqual([]);
    expect(await explainer.explain(new Set([image(1)]) as never)).toHaveLength(1);
    const streamed = [];
    for await (const each of explainer.stream(image(1) as never)) streamed.push(each);
    expect(streamed).toHaveLength(1);
    await explainer.dispose();
  });

  test('the error of a single image is thrown, that of an image in a list is reported', async () => {
    const explainer = await open({ methods: ['grad-cam'] });
    const bad = { data: new Float32Array(3), shape: [3, 1, 1] };
    const told: number[] = [];
    const onError = (_: unknown, at: number) => told.push(at);
    expect(await explainer.explain([bad, 'a.png', image(1)], { onError })).toHaveLength(1);
    expect(told).toEqual([0, 1]);
    expect((await rejection(explainer.explain(bad, { onError } as never)))[0]).toBe('input');
    await explainer.dispose();
  });

  const pixels = { data: new Uint8ClampedArray(4 * SIZE * SIZE), width: SIZE, height: SIZE };
  test.for<[unknown, string]>([
    [null, 'got null.'],
    [undefined, 'got undefined.'],
    [5, 'got 5.'],
    [true, 'got true.'],
    [() => pixels, 'got a function'],
    [{}, 'got an object {  }.'],
    [{ ...pixels, data: [...pixels.data] }, 'got { data: an array of 256, width: 8, height: 8 }.'],
    [{ ...pixels, width: '8' }, 'got { data: an object (Uint8ClampedArray), width: "8", height: 8 }.'],
    [{ ...image(1), shape: '3,8,8' }, 'got { data: an object (Float32Array), shape: "3,8,8" }.'],
    [
      { ...image(1), data: Float64Array.of(1) },
      'got { data: an object (Float64Array), shape: an array of 3 }.',
    ],
    [Uint8Array.of(1, 2), 'got an object (Uint8Array). Decode the bytes first'],
    [new Blob([]), 'Draw it on a canvas'],
    [[image(1), [image(1)]], 'image 1: expected a picture'],
    [{ ...pixels, width: 7 }, 'picture: expected width × height × 4 bytes'],
    ['a.png', 'got the name "a.png". Paths and URLs are read in Node alone'],
    [new URL('https://a.example/b.png'), 'got the name "https://a.example/b.png"'],
    [(async function* () {})(), 'Pass it to stream.'],
  ])('%#: a value that is not an image is a CamError', async ([source, message]) => {
    const explainer = await open({ methods: ['mi-cam'] });
    const [code, text] = await rejection(explainer.explain(source as never));
    expect([code, text]).toEqual(['input', expect.stringContaining(message)]);
    await explainer.dispose();
  });
});

describe('options', () => {
  test.for<[object | null, string]>([
    [{ method: ['grad-cam'] }, 'got "method". Did you mean "methods"?'],
    [{ backends: 'wasm' }, 'got "backends". Did you mean "backend"?'],
    [
      { score: 'logits' },
      'createExplainer: score: expected one of logit, probability, got "logits". Did you mean "logit"?',
    ],
    [{ unservable: 'warn' }, 'unservable: expected one of error, skip, got "warn".'],
    [{ layers: 'a' }, 'layers: expected an array, got "a".'],
    [{ layers: [4] }, 'layers: expected strings, got 4 at 0.'],
    [{ labels: ['a', null] }, 'labels: expected strings, got null at 1.'],
    [{ threads: '2' }, 'threads: expected a number, got "2".'],
    [{ closedForms: 1 }, 'closedForms: expected true or false, got 1.'],
    [{ preprocessing: {} }, 'preprocessing: size: expected [height, width]'],
    [{ preprocessing: { sizes: [8, 8] } }, 'got "sizes". Did you mean "size"?'],
    [{ calm: { score: 'f' } }, 'got "score". Did you mean "scores"?'],
    [
      { sessionFactory: {} },
      'sessionFactory: expected an object with create(bytes, options), got an object {  }.',
    ],
    [{ onNotice: 'no' }, 'onNotice: expected a function, got "no".'],
  ])('of createExplainer: %j', async ([options, message]) => {
    const [code, text] = await rejection(open(options ?? {}));
    expect([code, text]).toEqual(['option', expect.stringContaining(message)]);
  });

  test.for<[unknown, string, string]>([
    [{ targt: 1 }, 'option', 'got "targt". Did you mean "target"?'],
    [null, 'option', 'expected options as an object, got null.'],
    [3, 'option', 'expected options as an object, got 3.'],
    [{ batch: 0 }, 'option', 'batch: expected a whole number of at least 1, got 0.'],
    [{ batch: '8' }, 'option', 'batch: expected a number, got "8".'],
    [{ signal: {} }, 'option', 'signal: expected an AbortSignal, got an object {  }.'],
    [{ onError: true }, 'option', 'onError: expected a function, got true.'],
    [{ targets: 1 }, 'option', 'targets: expected an array, got 1.'],
    [{ methods: [3] }, 'option', 'methods: expected methods or their names, got 3.'],
    [
      { target: [null] },
      'target',
      "target: expected 'predicted', a class index, a label, 'value', 'pixels:C', 'box:K', { weights }, { like }, { outputs, evaluate } or { sum }, got null.",
    ],
    [{ target: { weights: 3 } }, 'target', 'got an object { weights }.'],
    [{ target: true }, 'target', 'got true.'],
    [{ target: [] }, 'target', 'got an empty list.'],
    [{ target: [[1]] }, 'target', 'got an array of 1.'],
    [{ target: 1.5 }, 'target', 'expected a class from 0 to 4, got 1.5.'],
  ])('of explain and stream: %j', async ([options, code, message]) => {
    const explainer = await open({ methods: ['mi-cam'] });
    const expected = [code, expect.stringContaining(message)];
    expect(await rejection(explainer.explain([image(1)], options as ExplainOptions))).toEqual(expected);
    const stream = explainer.stream([image(1)], options as ExplainOptions);
    expect(await rejection(stream.next())).toEqual(expected);
    await explainer.dispose();
  });

  test.for<[unknown]>([[null], [undefined], [5], [{}], [{ bytes: 'x' }], [[1, 2]]])(
    'a value that is not a model is a CamError: %j',
    async ([source]) => {
      expect(await rejection(createExplainer(source as never, {}))).toEqual([
        'model',
        expect.stringContaining(
          'model: expected bytes, { bytes: Uint8Array } or a URL (in Node a path), got',
        ),
      ]);
    },
  );
});

test('notices go to console.warn, each once; an option silences them; nothing is repeated', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    const explainer = await createExplainer(classifier(), { backend });
    await explainer.explain([image(1), image(2)]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('using the ImageNet convention')]]);
    expect(explainer.notices).toHaveLength(1);
    await explainer.dispose();
    warn.mockClear();
    await (await open()).dispose();
    const { preprocessing } = explainer;
    const given = await createExplainer(classifier(), { backend, preprocessing });
    expect([given.notices, given.preprocessingSource]).toEqual([[], 'the option preprocessing']);
    await given.dispose();
    expect(warn).not.toHaveBeenCalled();
  } finally {
    warn.mockRestore();
  }
});
