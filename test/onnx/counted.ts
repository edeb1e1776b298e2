import type { Model } from '../../src/onnx/index.js';

/** The model, and a count of the passes over its nodes. */
export function counted(model: Model): { readonly model: Model; readonly passes: () => number } {
  let passes = 0;
  const nodes = new Proxy(model.graph.nodes, {
    get(target, property, receiver) {
      if (property === '0') passes++;
      return Reflect.get(target, property, receiver);
    },
  });
  return { model: { ...model, graph: { ...model.graph, nodes } }, passes: () => passes };
}
