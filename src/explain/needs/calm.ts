import { CamError } from '../../errors.js';
import type { Network } from '../../onnx/network.js';
import type { CalmOutputs } from '../options.js';
import type { Need } from './need.js';

/**
 * The outputs f and a: as given, else by these names, else the only two outputs of such shapes.
 * @throws {CamError} `model` where the model has no such pair.
 */
export function findCalm(
  { model, shapes }: Pick<Network, 'model' | 'shapes'>,
  given?: CalmOutputs,
): CalmOutputs {
  const maps = model.graph.outputs.filter(({ name, shape }) => (shapes.get(name) ?? shape)?.length === 4);
  const channels = (name: string) => (shapes.get(name) ?? maps.find((map) => map.name === name)?.shape)?.[1];
  const outputs = maps.map(({ name }) => name);
  const pairs: readonly CalmOutputs[] = [
    ...(given ? [given] : [{ scores: 'f', attention: 'a' }, ...pairsByShape(outputs, channels)]),
  ];
  const found = pairs.find(
    ({ scores, attention }) =>
      outputs.includes(scores) &&
      outputs.includes(attention) &&
      channels(attention) === 1 &&
      channels(scores) !== 1,
  );
  if (found) return found;
  const got = model.graph.outputs.map(({ name }) => `"${name}" [${shapes.get(name)?.join(', ') ?? '?'}]`);
  throw new CamError(
    'model',
    `${model.name}: expected a CALM model's outputs f [n, C, h, w] and a [n, 1, h, w]${given ? ` ("${given.scores}" and "${given.attention}")` : ''}, got ${got.join(', ')}. Name them by the option calm.`,
  );
}

function pairsByShape(
  outputs: readonly string[],
  channels: (name: string) => number | string | undefined,
): readonly CalmOutputs[] {
  const attention = outputs.filter((name) => channels(name) === 1);
  const scores = outputs.filter((name) => channels(name) !== 1);
  return attention.length === 1 && scores.length === 1
    ? [{ scores: scores[0], attention: attention[0] }]
    : [];
}

/** f and a of a CALM model. Its maps are of these, whatever the target layers are. */
export const calm: Need = {
  plan: ({ network, options }) => {
    const { scores, attention } = findCalm(network, options.calm);
    const outputs = [scores, attention];
    return {
      outputs,
      onHost: outputs,
      open: () => ({
        layer: scores,
        provide: (batch) => {
          const [positionScores, given] = outputs.map((name) => batch.adopt(name, `output "${name}"`));
          return { inputs: () => ({ positionScores, attention: given }), release: () => {} };
        },
      }),
    };
  },
};
