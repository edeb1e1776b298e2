// What somebody who installed the package writes; scripts/check-package.mjs compiles it against the packed
// declarations.
import {
  CamError,
  createExplainer,
  type Explainer,
  type Explanation,
  eigenCam,
  gradCam,
  type Method,
  type MethodOptions,
  methods,
  miCam,
  overlay,
  type SaliencyMap,
  viewOf,
} from 'onnx-cam';
import { openBackend, opsOn } from 'onnx-cam/kernels';
import { boxFromMap } from 'onnx-cam/metrics';
import { createExplainer as createInNode, decodeFile, explain, posterPng } from 'onnx-cam/node';
import { candidateLayers, parseModel } from 'onnx-cam/onnx';
import { type EncodePicture, type PosterContent, posterSvg } from 'onnx-cam/poster';

/** Compiles only where both types are the same. */
const same = <A>() => ({
  as: <B>(..._: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]) => {},
});

export async function browser(picture: ImageData): Promise<SaliencyMap> {
  const explainer: Explainer = await createExplainer('model.onnx', {
    methods: [miCam({ bins: 64 }), gradCam],
    backend: 'auto',
  });
  const [result] = await explainer.explain([picture], { target: ['predicted', 3, 'goldfish'] });
  same<Explanation>().as<typeof result>();
  same<Float32Array>().as<typeof result.scores>();
  same<'wasm' | 'webgpu'>().as<typeof result.backend>();
  same<readonly [number, number]>().as<SaliencyMap['shape']>();
  for await (const one of explainer.stream([picture])) same<Explanation>().as<typeof one>();
  const map = result.maps['mi-cam'];
  overlay(picture, map, viewOf(picture.width, picture.height, explainer.preprocessing), {
    colormap: 'viridis',
  });
  await explainer.dispose();
  return map;
}

/** `maps` has the names of the methods that were asked for. */
export async function typed(picture: ImageData): Promise<void> {
  const heard: string[] = [];
  const onNotice = (text: string): void => void heard.push(text);
  const named = await createExplainer('model.onnx', { methods: ['grad-cam', 'score-cam'], onNotice });
  const one = await named.explain(picture, {
    target: 3,
    onError: (error, at) => heard.push(error.code, `${at}`),
  });
  same<SaliencyMap>().as<(typeof one.maps)['score-cam']>();
  // @ts-expect-error MI-CAM was not asked for
  void one.maps['mi-cam'];
  const several = await named.explain([picture]);
  same<SaliencyMap>().as<(typeof several)[number]['maps']['grad-cam']>();
  // By default Grad-CAM where the model serves it, and MI-CAM.
  const usual = await (await createExplainer('model.onnx')).explain(picture);
  same<SaliencyMap>().as<(typeof usual.maps)['mi-cam']>();
  same<SaliencyMap | undefined>().as<(typeof usual.maps)['grad-cam']>();
  const skipping = await createExplainer('m.onnx', { methods: [gradCam, miCam()], unservable: 'skip' });
  const some = await skipping.explain(picture);
  same<SaliencyMap | undefined>().as<(typeof some.maps)['grad-cam']>();
  // A name that is only known when the program runs.
  const asked: string = heard[0];
  const open = await createExplainer('m.onnx', { methods: [asked] });
  const { maps } = await open.explain(picture);
  same<SaliencyMap>().as<(typeof maps)['anything']>();
}

export async function oneCall(): Promise<void> {
  const { maps, save } = await explain('model.onnx', 'photo.jpg', { methods: ['grad-cam', eigenCam()] });
  same<SaliencyMap>().as<(typeof maps)['eigen-cam']>();
  await save('photo.heat.png', { method: 'eigen-cam', colormap: 'magma' });
  for (const { target, save: saveOne } of await explain('model.onnx', ['a.jpg', new URL('file:///b.jpg')]))
    await saveOne(`${target.index}.webp`, { poster: true });
  const classes = await explain('model.onnx', 'photo.jpg', { target: ['cat', 'dog'] });
  same<number>().as<typeof classes.length>();
  // @ts-expect-error there is no such option
  await explain('model.onnx', 'photo.jpg', { colour: 'red' });
}

/** A method of one's own has the rights of the package's. */
export const sumOfSquares: Method<'activations'> = {
  name: 'sum-of-squares',
  needs: ['activations'],
  classAgnostic: true,
  map: (k, { activations }) => ({ map: k.channelSum(k.multiply(activations, activations)) }),
};

export async function kernels(): Promise<number> {
  const backend = await openBackend('wasm');
  const activations = backend.upload(new Float32Array(24), [1, 2, 3, 4], 'float32');
  const values = await backend.read(activations);
  same<Float32Array>().as<typeof values>();
  const map = await backend.read(opsOn(backend).channelSum(activations));
  // @ts-expect-error a map has three axes, weights belong to a layer of four
  opsOn(backend).weightedSum(opsOn(backend).channelSum(activations), opsOn(backend).spatialMean(activations));
  return map[0];
}

export async function node(bytes: Uint8Array, map: SaliencyMap): Promise<number> {
  const explainer = await createInNode('model.onnx', {
    methods: Object.values(methods).map((make) => make()),
  });
  await explainer.explain([await decodeFile('picture.png')]);
  const box = boxFromMap({ data: map.saliency, shape: map.shape });
  const layers = candidateLayers(parseModel(bytes));
  return layers.length + (box?.[0] ?? 0);
}

export function refused(explainer: Explainer, error: CamError): MethodOptions {
  // @ts-expect-error there is no such backend
  void createExplainer('model.onnx', { backend: 'cuda' });
  // @ts-expect-error results are not to be written to
  explainer.layers[0].name = 'other';
  // @ts-expect-error a code that no error has
  if (error.code === 'oops') throw new CamError('oops', '');
  const undeclared: Method<'activations'> = {
    ...sumOfSquares,
    // @ts-expect-error a method gets what it declared, and gradients it did not
    map: (_, { gradients }) => ({ map: gradients }),
  };
  void undeclared;
  return { bins: 32 };
}

export async function poster(picture: ImageData, explanations: readonly Explanation[]): Promise<void> {
  const view = { x: 0, y: 0, width: picture.width, height: picture.height };
  const content: PosterContent = { name: 'a.png', model: 'm.onnx', picture, view, explanations };
  const encode: EncodePicture = async ({ width, height }) => `data:,${width}x${height}`;
  same<string>().as<Awaited<ReturnType<typeof posterSvg>>>();
  await posterSvg(content, encode, { colormap: 'magma' });
  same<Uint8Array>().as<Awaited<ReturnType<typeof posterPng>>>();
  await posterPng(content);
}
