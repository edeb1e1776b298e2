/** Runs models and gradients, in either form, and brings everything to the host. */

import { differentiate, type GradientOptions, tappedModel } from '../../../src/onnx/gradient.js';
import type { Model } from '../../../src/onnx/model.js';
import { parseModel } from '../../../src/onnx/read.js';
import { writeModel } from '../../../src/onnx/write.js';
import { isDeviceTensor, openSession } from '../../../src/runtime/index.js';
import type { Feed, ModelBytes } from '../../../src/runtime/types.js';

export type Form = 'separate' | 'merged';
export type Feeds = Readonly<Record<string, Feed>>;

/** The outputs named, by name. */
export async function runModel(
  model: ModelBytes,
  feeds: Feeds,
  outputs: readonly string[],
  runtime: 'node' | 'web' = 'node',
): Promise<Record<string, Feed>> {
  if (outputs.length === 0) return {};
  const session = await openSession(model, { runtime, threads: 1 });
  try {
    const results = await session.run(feeds, { outputs });
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => {
        if (isDeviceTensor(result)) throw new Error(`expected "${name}" on the host`);
        return [name, result];
      }),
    );
  } finally {
    await session.dispose();
  }
}

/**
 * Gradients by tensor: of a forward and a backward run, or of one.
 * @param target The form of the target.
 * @param emission The opset that a separate backward model pretends to be written at.
 */
export async function gradientsOf(
  model: Model,
  options: GradientOptions,
  form: Form,
  feeds: Feeds,
  target?: Feed,
  { runtime = 'node', emission }: { readonly runtime?: 'node' | 'web'; readonly emission?: number } = {},
): Promise<Record<string, Feed>> {
  const chosen = (name: string | undefined) => (name !== undefined && target ? { [name]: target } : {});
  if (form === 'merged') {
    const gradient = differentiate(model, { ...options, form });
    const given = { ...feeds, ...chosen(gradient.target?.name) };
    return byTensor(gradient.gradients, (names) => runModel(gradient, given, names, runtime));
  }
  const gradient = differentiate(model, { ...options, form });
  const taps = [...gradient.taps, ...gradient.shapeTaps.values()];
  const inside = taps.filter((name) => !(name in feeds));
  const known = { ...feeds, ...(await runModel(tappedModel(gradient), feeds, inside, runtime)) };
  const given = { ...pick(known, taps), ...chosen(gradient.target?.name) };
  const backward =
    emission === undefined ? gradient : { ...gradient, bytes: stamped(gradient.bytes, emission) };
  return byTensor(gradient.gradients, (names) => runModel(backward, given, names, runtime));
}

/** The same nodes, read as those of another opset. */
function stamped(bytes: Uint8Array, opset: number): Uint8Array {
  return writeModel({ ...parseModel(bytes), irVersion: 10, opsets: new Map([['', opset]]) });
}

const pick = (feeds: Feeds, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, feeds[name]]));

async function byTensor(
  gradients: ReadonlyMap<string, string>,
  run: (names: readonly string[]) => Promise<Record<string, Feed>>,
): Promise<Record<string, Feed>> {
  const found = await run([...gradients.values()]);
  return Object.fromEntries(Array.from(gradients, ([tensor, name]) => [tensor, found[name]]));
}

/** Values of any type as float32. */
export function toFloats({ data }: Feed): Float32Array {
  return data instanceof Float32Array
    ? data
    : new Float32Array(Array.from<number | bigint, number>(data, Number));
}
