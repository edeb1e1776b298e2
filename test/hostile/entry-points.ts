/** All questions that can be asked about a model file. */

import { createExplainer, gradCam, miCam, scoreCam } from '../../src/index.js';
import * as onnx from '../../src/onnx/index.js';

export interface EntryPoint {
  readonly name: string;
  /** Its result is ignored: only errors count. */
  run(bytes: Uint8Array): unknown;
}

const parsed = new WeakMap<Uint8Array, onnx.Model>();

/** Reads a file once for all questions about it. */
function modelOf(bytes: Uint8Array): onnx.Model {
  const model = parsed.get(bytes) ?? onnx.parseModel(bytes, 'm');
  parsed.set(bytes, model);
  return model;
}

/** A question about a model that was read already, and its target layer. */
function ofModel(name: string, ask: (model: onnx.Model, layer: string) => unknown): EntryPoint {
  return {
    name,
    run(bytes) {
      const model = modelOf(bytes);
      return ask(model, layerOf(model));
    },
  };
}

/** The target layer; where no tensor is a feature map, the tensor in the middle. */
function layerOf(model: onnx.Model): string {
  const { nodes } = model.graph;
  try {
    return onnx.targetLayer(model).name;
  } catch {
    return nodes[nodes.length >> 1]?.outputs[0] ?? 'none';
  }
}

const zeros = () => 0;

/** The questions that need no runtime. */
export const questions: readonly EntryPoint[] = [
  { name: 'parseModel', run: (bytes) => onnx.parseModel(bytes, 'm') },
  ofModel('inferShapes', (model) => onnx.inferShapes(model)),
  ofModel('candidateLayers', (model) => onnx.candidateLayers(model)),
  { name: 'targetLayer', run: (bytes) => onnx.targetLayer(onnx.parseModel(bytes, 'm')) },
  ofModel('resolveLayer', (model, layer) => onnx.resolveLayer(model, layer)),
  ofModel('resolveLayer of an odd name', (model) => onnx.resolveLayer(model, 'constructor')),
  ofModel('classifyTail', (model, layer) => onnx.classifierWeights(model, onnx.classifyTail(model, layer))),
  ofModel('gradientObstacles', (model, layer) =>
    onnx.gradientObstacles(model, [layer, ...onnx.candidateLayers(model).map(({ name }) => name)]),
  ),
  ofModel('differentiate', (model, layer) => {
    const gradient = onnx.differentiate(model, { wrt: [layer] });
    return onnx.tappedModel(gradient, [layer]);
  }),
  ofModel('differentiate merged', (model, layer) =>
    onnx.differentiate(model, { wrt: [layer], form: 'merged', target: 'index', score: 'probability' }),
  ),
  ofModel('cutTail', (model, layer) => onnx.cutTail(model, layer)),
  ofModel('weightLayers', (model) => onnx.redrawLayers(model, onnx.weightLayers(model), () => zeros)),
  ofModel('exposeOutputs', (model, layer) => onnx.exposeOutputs(model, [layer])),
  ofModel('shareWeights', (model, layer) => onnx.shareWeights(model, [layer])),
  ofModel('extendModel', (model) => onnx.extendModel(model, {})),
  ofModel('writeModel', (model) => onnx.parseModel(onnx.writeModel(model), 'm')),
  ofModel('externalLocations', (model) => onnx.externalLocations(model)),
  ofModel('constants', (model) => {
    for (const tensor of model.graph.initializers.values()) onnx.toFloat32(tensor);
  }),
  ...(Object.keys(onnx.bakedMethods) as onnx.BakedMethodName[]).map((method) =>
    ofModel(`bake ${method}`, (model) => onnx.bake(model, { method })),
  ),
];

const WIDTH = 20;

/** A picture whose pixels all differ. */
const picture = {
  width: WIDTH,
  height: WIDTH,
  data: Uint8ClampedArray.from({ length: 4 * WIDTH * WIDTH }, (_, i) => (i * 37) % 256),
};

/** Opens an explainer and explains a picture, on the CPU. */
export function explaining(runtime: 'node' | 'web'): readonly EntryPoint[] {
  const methods = { 'mi-cam': miCam(), 'grad-cam': gradCam, 'score-cam': scoreCam() };
  return Object.entries(methods).map(([name, method]) => ({
    name: `explain ${runtime} ${name}`,
    async run(bytes) {
      const explainer = await createExplainer(bytes, {
        runtime,
        threads: 1,
        backend: 'wasm',
        methods: [method],
        closedForms: false,
      });
      try {
        return await explainer.explain([picture]);
      } finally {
        await explainer.dispose();
      }
    },
  }));
}
