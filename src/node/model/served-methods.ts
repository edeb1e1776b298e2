import { CamError } from '../../errors.js';
import { planMethods } from '../../explain/plan.js';
import { methods } from '../../methods/index.js';
import { type Model, parseModel, type Tail } from '../../onnx/index.js';
import { analyse } from '../../onnx/network.js';
import { loadWithData } from './external-locations.js';
import type { MethodFacts } from './facts.js';

/** The model with its external data, whose values some methods need; as it is where these cannot be read. */
async function withData(path: string, model: Model): Promise<Model> {
  try {
    const file = await loadWithData(path);
    if (file.externalData.length === 0) return model;
    const whole = parseModel(
      file.bytes,
      path,
      new Map(file.externalData.map(({ path, data }) => [path, data])),
    );
    return { ...model, graph: whole.graph };
  } catch (error) {
    if (error instanceof CamError) return model;
    throw error;
  }
}

/** Every method, and why the model cannot serve it, if so. */
export async function servedMethods(path: string, model: Model, tail: Tail): Promise<readonly MethodFacts[]> {
  const all = Object.values(methods).map((make) => make());
  const network = analyse(await withData(path, model));
  const options = { unservable: 'skip' } as const;
  const planned = planMethods({ network, layers: [tail.layer], options }, all);
  const skipped = await planned.then(
    (plan) => new Map(plan.skipped.map(({ method, reason }) => [method, reason])),
    (error: unknown) => {
      if (!(error instanceof CamError)) throw error;
      return new Map(all.map(({ name }) => [name, error.message]));
    },
  );
  return all.map(({ name }) => ({ name, obstacle: skipped.get(name) ?? null }));
}
