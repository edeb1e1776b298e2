import { describe, expect, test } from 'vitest';
import {
  type AnyMethod,
  calm,
  defaultMethodNames,
  eigenCam,
  findMethodName,
  infoCam,
  infoCamPlus,
  integratedGradCam,
  type MethodOptions,
  methodNames,
  methods,
  miCam,
  randomCam,
  scoreCam,
  smoothGradCamPlusPlus,
} from '../../src/index.js';
import { expectMethodName } from '../../src/methods/names.js';
import { methodNames as readMethodNames } from '../../src/node/options/values.js';

describe('names of methods', () => {
  test.for([
    ['gradcam', 'grad-cam'],
    ['GradCAM', 'grad-cam'],
    ['grad_cam', 'grad-cam'],
    ['Grad-CAM++', 'grad-cam++'],
    ['GradCAMPlusPlus', 'grad-cam++'],
    ['grad_cam_pp', 'grad-cam++'],
    ['SmoothGradCAMpp', 'smooth-grad-cam++'],
    ['infoCamPlus', 'info-cam+'],
    ['infoCAM', 'info-cam'],
    ['XGradCAM', 'xgrad-cam'],
    ['HiResCAM', 'hires-cam'],
    ['EigenGradCAM', 'eigen-grad-cam'],
    ['MI CAM', 'mi-cam'],
    ['CALM', 'calm'],
  ])('%s is %s', ([typed, meant]) => {
    expect(findMethodName(typed, methodNames)).toBe(meant);
  });

  test('no two names are written alike', () => {
    for (const name of methodNames) expect(findMethodName(name.toUpperCase(), methodNames)).toBe(name);
  });

  test('the registry has each of them, in order, under its own name', () => {
    expect(Object.keys(methods)).toEqual([...methodNames]);
    for (const [name, make] of Object.entries(methods)) expect(make().name).toBe(name);
    expect(defaultMethodNames).toEqual(['grad-cam', 'mi-cam']);
  });

  test('an unknown one is told with the nearest, where one is near', () => {
    const known = ['grad-cam', 'mi-cam'];
    const expected = 'methods: expected one of grad-cam, mi-cam, got';
    expect(() => expectMethodName('methods', 'grad-cma', known)).toThrow(
      `${expected} "grad-cma". Did you mean "grad-cam"?`,
    );
    expect(() => expectMethodName('methods', 'lime', known)).toThrow(new RegExp(`${expected} "lime"\\.$`));
    expect(() => expectMethodName('methods', '', known)).toThrow(new RegExp(`${expected} ""\\.$`));
    expect(() => expectMethodName('methods', '__proto__', known)).toThrow(`${expected} "__proto__".`);
  });

  test('the command line understands them too, each once', () => {
    expect(readMethodNames(['GradCAM', 'grad_cam', 'micam'], methodNames)).toEqual(['grad-cam', 'mi-cam']);
    expect(readMethodNames(['gradcam', 'all'], methodNames)).toBe(methodNames);
  });
});

describe('options of methods', () => {
  const unknown = { bin: 32 } as object;
  const factories: Record<string, (options: object) => AnyMethod> = {
    ...{ miCam, eigenCam, infoCam, infoCamPlus, scoreCam, smoothGradCamPlusPlus, integratedGradCam },
    ...{ randomCam, calm },
  };
  test.for(Object.entries(factories))('%s refuses an option that it does not have', ([, make]) => {
    expect(() => make(unknown)).toThrow(/: expected the options .*, got "bin"\./);
    expect(() => make(null as never)).toThrow('expected options as an object, got null.');
    expect(make({ bin: undefined }).name).toBeTruthy();
  });

  test.for<[() => AnyMethod, string]>([
    [
      () => miCam({ bin: 32 } as object),
      'mi-cam: expected the options bins, resolution, got "bin". Did you mean "bins"?',
    ],
    [() => miCam({ bins: '64' } as never), 'mi-cam: bins: expected a number, got "64".'],
    [() => miCam({ bins: 63 } as never), 'mi-cam: bins: expected 32, 64, 128 or 256, got 63.'],
    [() => eigenCam({ center: 'no' } as never), 'eigen-cam: center: expected true or false, got "no".'],
    [
      () => scoreCam({ noise: { sample: 3 } } as never),
      'score-cam: noise: expected the options samples, deviation, seed, got "sample". Did you mean "samples"?',
    ],
    [() => scoreCam({ noise: 3 } as never), 'score-cam: noise: expected an object, got 3.'],
    [
      () => scoreCam({ weighting: 'logit' } as never),
      "score-cam: weighting: expected 'probability' or 'softmax', got \"logit\".",
    ],
    [
      () => calm({ calm: 'subsets' } as never),
      'calm: calm: expected one of attribution, conditional, softmax, saliency, subset, counterfactual, got "subsets". Did you mean "subset"?',
    ],
    [() => calm({ calm: 'constructor' } as never), 'got "constructor".'],
    [() => methods['mi-cam']({ regions: 3 } as MethodOptions), 'got "regions". Did you mean "region"?'],
  ])('%#', ([make, message]) => {
    expect(make).toThrow(message);
  });

  test('the registry hands each method what it has of the options of all', () => {
    const all: MethodOptions = { bins: 32, region: 5, scaled: true, pathSteps: 3, center: false };
    for (const [name, make] of Object.entries(methods)) expect(make(all).name).toBe(name);
    expect(() => methods['info-cam']({ region: 0 })).toThrow('info-cam: region: expected a whole number');
    expect(() => methods['mi-cam']({ region: 0 })).not.toThrow();
    expect(methods.calm({ scaled: true })).toMatchObject({ values: undefined });
  });
});
