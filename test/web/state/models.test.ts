import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseModel, shareWeights } from '../../../src/onnx/index.js';
import { classifier } from '../../explain/classifier.js';
import { calmModel } from '../../explain/small-models.js';
import { model, node, weights } from '../../onnx/build.js';
import { noBrowser } from '../browser.js';
import { file, type StateVisit, said, settled, take, visitState } from './visit.js';

const bird = (name: string) => file(`${name}.png`, readFileSync(`examples/birds/${name}.png`), 'image/png');

/** Its output is said to have two axes, and has four. */
const segmentation = () =>
  model({
    inputs: { x: ['n', 3, 8, 8] },
    nodes: [
      node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['a']),
      // By what nobody knows before the model runs.
      node('Mul', ['x', 'zero'], ['z']),
      node('ReduceSum', ['z'], ['s'], { keepdims: 0 }),
      node('Cast', ['s'], ['i'], { to: 7 }),
      node('Add', ['i', 'to'], ['shape']),
      node('Reshape', ['a', 'shape'], ['y']),
    ],
    outputs: { y: {} },
    initializers: {
      w: weights([6, 3, 3, 3]),
      zero: { dims: [1], values: Float32Array.of(0) },
      to: { dims: [4], values: BigInt64Array.of(-1n, 6n, 8n, 8n) },
    },
  });

const nan = () =>
  classifier({ initializers: { fc: { dims: [6, 5], values: new Float32Array(30).fill(Number.NaN) } } });

describe.skipIf(noBrowser)(`models that are opened${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;

  beforeAll(async () => {
    visited = await visitState();
    await visited.page.evaluate(() => state.start.start());
    await settled(visited.page);
    await said(visited.page);
  });
  afterAll(() => visited?.end());

  const open = () =>
    visited.page.evaluate(() => ({
      name: state.model.model.value?.file.name,
      classes: state.question.baseline.value?.length,
    }));

  test.for([
    ['scores that are no numbers', 'nan.onnx', nan, /^output "logits": .*NaN/],
    [
      'a map with positions',
      'segments.onnx',
      segmentation,
      /^output "y": expected class scores .*\[1, 6, 8, 8\]/,
    ],
    ['half a file', 'half.onnx', () => classifier().subarray(0, 400), /^half\.onnx: /],
  ] as const)('%s: the former model stays, and it is said', async ([, name, bytes, why]) => {
    const { page } = visited;
    await take(visited, file(name, bytes()));
    expect(await open()).toEqual({ name: 'birds.onnx', classes: 12 });
    const [reason, former] = await said(page);
    expect(reason).toMatch(why);
    expect(reason).not.toMatch(/option|--|\boutput \(/);
    expect(former).toBe('birds.onnx is still open.');
    await take(visited, bird('bird-04'));
    await settled(page);
    const { a, picture } = await page.evaluate(() => {
      const maps = state.methods.results.value['grad-cam'].maps;
      return { a: maps?.a.saliency.length, picture: maps?.picture === state.pictures.picture.value?.id };
    });
    expect([a, picture]).toEqual([128 * 128, true]);
  });

  test('labels for another number of classes are said', async () => {
    const { page } = visited;
    await take(visited, file('five.onnx', classifier()), file('three.txt', 'ant\nbee\ncat\n', 'text/plain'));
    await settled(page);
    expect(await open()).toEqual({ name: 'five.onnx', classes: 5 });
    const problem = () => page.evaluate(() => state.question.labelProblem.value);
    expect(await problem()).toBe('3 labels for 5 classes: they may belong to another model.');
    await take(visited, file('five.txt', 'ant\nbee\ncat\ndog\nelk\n', 'text/plain'));
    expect(await problem()).toBeUndefined();
    expect(
      await page.evaluate(() =>
        state.question
          .findClasses('e', 9)
          .map(({ name }) => name)
          .sort(),
      ),
    ).toEqual(['bee', 'elk']);
    await said(page);
  });

  test.for(['before', 'after'] as const)('a file of weights %s its model', async (when) => {
    const { page } = visited;
    await page.evaluate(() => state.start.openBirds());
    const large = classifier({ initializers: { w: weights([64, 3, 3, 3]), fc: weights([64, 5]) } });
    const { bytes, externalData } = shareWeights(parseModel(large, 'm'));
    const model = file(`parted-${when}.onnx`, bytes);
    const data = file('weights', externalData[0].data);
    await said(page);
    await take(visited, when === 'before' ? data : model);
    expect((await open()).name).toBe('birds.onnx');
    expect((await said(page)).join(' ')).toMatch(
      when === 'before' ? /^weights: kept for its model\. Drop the \.onnx file too\.$/ : /weights/,
    );
    await take(visited, when === 'before' ? model : data);
    expect(await open()).toEqual({ name: `parted-${when}.onnx`, classes: 5 });
  });

  test('of two models at once one is asked for', async () => {
    const { page } = visited;
    const taking = take(visited, file('one.onnx', classifier()), file('two.onnx', classifier()));
    await page.waitForFunction(() => state.take.modelChoice.value !== undefined);
    expect(await page.evaluate(() => state.take.modelChoice.value?.names)).toEqual(['one.onnx', 'two.onnx']);
    await page.evaluate(() => state.take.modelChoice.value?.choose(1));
    await taking;
    expect((await open()).name).toBe('two.onnx');
  });

  test('preprocessing: guessed, edited, what does not fit is rolled back', async () => {
    const { page } = visited;
    const now = () =>
      page.evaluate(() => ({
        origin: state.model.preprocessingOrigin.value,
        mean: state.model.preprocessing.value?.mean,
      }));
    expect(await now()).toEqual({ origin: 'guessed', mean: [0.485, 0.456, 0.406] });
    const edit = (size: [number, number]) =>
      page.evaluate((size) => {
        const { model } = state;
        const before = model.preprocessing.value;
        return (
          before && model.editPreprocessing({ ...before, size, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })
        );
      }, size);
    expect(await edit([8, 8])).toBe(true);
    expect(await now()).toEqual({ origin: 'edited', mean: [0.5, 0.5, 0.5] });
    await said(page);
    expect(await edit([9, 8])).toBe(false);
    expect((await said(page))[0]).toMatch(
      /^pictures become \[3, 9, 8\] by your own settings, the model takes \[3, 8, 8\]/,
    );
    expect(await now()).toEqual({ origin: 'edited', mean: [0.5, 0.5, 0.5] });
    await page.evaluate(() => state.model.editPreprocessing(undefined));
    expect((await now()).origin).toBe('guessed');
  });

  test('methods that do not apply say why in a line', async () => {
    const { page } = visited;
    const reasons = await page.evaluate(() => {
      state.methods.ask('calm');
      return [
        state.methods.refusal('calm'),
        state.methods.refusal('grad-cam'),
        state.methods.results.value.calm,
      ];
    });
    expect(reasons).toEqual([
      'Only for CALM models, which have an attention map beside their scores.',
      undefined,
      { state: 'refused', reason: 'Only for CALM models, which have an attention map beside their scores.' },
    ]);
    await page.evaluate(() => state.methods.drop('calm'));
  });

  test('a CALM model is explained by CALM', async () => {
    const { page } = visited;
    await said(page);
    await take(visited, file('calm.onnx', calmModel()));
    expect(await open()).toEqual({ name: 'calm.onnx', classes: 5 });
    await page.evaluate(() => state.methods.show('calm'));
    await settled(page);
    const states = await page.evaluate(() => {
      const { results } = state.methods;
      const map = results.value.calm.maps?.a;
      return [results.value.calm.state, results.value['mi-cam'].state, map?.values, map?.saliency.length];
    });
    expect(states).toEqual(['done', 'done', 'probabilities', 64]);
    await page.evaluate(() => state.methods.drop('calm'));
  });

  test('a class that is chosen while a layer is opened is the one that is explained', async () => {
    const { page } = visited;
    await page.evaluate(() => state.start.openBirds());
    await settled(page);
    const classes = await page.evaluate(async () => {
      const { methods, model, question } = state;
      const layers = model.opened.value?.layers ?? [];
      const chosen = model.chooseLayer(layers.at(-3)?.name);
      await new Promise((resolve) => setTimeout(resolve, 5));
      question.chooseClass(11);
      const seen: (number | undefined)[] = [];
      const end = methods.results.subscribe((results) => {
        if (results['grad-cam'].state === 'done') seen.push(results['grad-cam'].maps?.classA);
      });
      await chosen;
      while (methods.results.value['grad-cam'].state !== 'done')
        await new Promise((resolve) => setTimeout(resolve, 5));
      end();
      return { seen: [...new Set(seen)], layer: model.opened.value?.layer === layers.at(-3)?.name };
    });
    expect(classes).toEqual({ seen: [11], layer: true });
    await page.evaluate(() => state.question.chooseClass('predicted'));
    await page.evaluate(() => state.model.chooseLayer(undefined));
  });
});
