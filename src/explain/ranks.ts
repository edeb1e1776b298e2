import { CamError } from '../errors.js';
import { shareWeights } from '../onnx/expose.js';
import type { Shape } from '../onnx/model.js';
import { analyse, type Network } from '../onnx/network.js';
import { USUAL_SIDE } from '../onnx/picture.js';
import { openSession } from '../runtime/index.js';
import type { FurtherInputs } from './further-inputs.js';
import { inputSize } from './input-size.js';
import type { ExplainerOptions, ModelFile } from './options.js';

/** Most tensors whose rank is learnt from one run. */
const MOST = 256;

/**
 * The network with the rank of each tensor of the tail whose rank the file does not tell: gradient rules need
 * it. It is learnt from one run on a picture of noise. Where that fails the network stays as it is, and the
 * rule that lacks the rank says so.
 */
export async function withLearntRanks(
  network: Network,
  layer: string,
  file: ModelFile,
  { threads, sessionFactory }: ExplainerOptions,
  further: FurtherInputs,
): Promise<Network> {
  const { model, shapes } = network;
  const { kind, nodes } = network.tail(layer);
  if (kind !== 'other') return network;
  const unknown = nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== '' && !shapes.has(name)));
  if (unknown.length === 0 || unknown.length > MOST) return network;
  const found = await ranksByRun(network, unknown, file, { threads, sessionFactory }, further).catch(
    (error: unknown) => {
      if (error instanceof CamError) return [];
      throw error;
    },
  );
  if (found.length === 0) return network;
  const stated = found.map(
    ([name, shape]) => [name, { ...model.graph.valueInfo.get(name), name, shape }] as const,
  );
  const valueInfo = new Map([...model.graph.valueInfo, ...stated]);
  return analyse({ ...model, graph: { ...model.graph, valueInfo } });
}

async function ranksByRun(
  { model, picture }: Network,
  tensors: readonly string[],
  file: ModelFile,
  options: Pick<ExplainerOptions, 'threads' | 'sessionFactory'>,
  further: FurtherInputs,
): Promise<(readonly [name: string, shape: Shape])[]> {
  const { channels, height = USUAL_SIDE, width = USUAL_SIDE } = inputSize(picture);
  const batch = picture.shape?.[0];
  const n = typeof batch === 'number' ? batch : 1;
  const shape = picture.channelsLast ? [n, height, width, channels] : [n, channels, height, width];
  // Noise, so that operators that select by value (NonZero, TopK) select something.
  const data = Float32Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) =>
    Math.sin(i * 12.9898),
  );
  const exposed = shareWeights(model, tensors);
  const externalData = [...exposed.externalData, ...(file.externalData ?? [])];
  const session = await openSession({ bytes: exposed.bytes, externalData }, { ...options, runtime: 'auto' });
  try {
    const results = await session.run(
      { ...further([0]), [picture.name]: { data, shape } },
      { outputs: tensors },
    );
    return tensors.map((name) => [name, results[name].shape.map(() => undefined)] as const);
  } finally {
    await session.dispose();
  }
}
