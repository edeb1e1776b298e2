import { CamError } from '../../errors.js';
import { planMethods } from '../../explain/plan.js';
import { methods } from '../../methods/index.js';
import type { Network } from '../../onnx/network.js';
import type { MethodFacts } from './facts.js';

/** Every method, with the reason where the model cannot serve it with that target layer. */
export async function servedMethods(network: Network, layer: string): Promise<readonly MethodFacts[]> {
  const all = Object.values(methods).map((make) => make());
  const options = { unservable: 'skip' } as const;
  const layers = [network.featureMap(layer)];
  const planned = planMethods({ network, layers, options }, all);
  const skipped = await planned.then(
    (plan) => new Map(plan.skipped.map(({ method, reason }) => [method, reason])),
    (error: unknown) => {
      if (!(error instanceof CamError)) throw error;
      return new Map(all.map(({ name }) => [name, error.message]));
    },
  );
  return all.map(({ name, title, cost, classAgnostic }) => ({
    name,
    title,
    cost,
    classAgnostic,
    obstacle: skipped.get(name) ?? null,
  }));
}
