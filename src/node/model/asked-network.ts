/** The question that a model can be asked, and its network for it. */
import { CamError } from '../../errors.js';
import { withAnswer } from '../../onnx/answer.js';
import { assumedInputs, withInputs } from '../../onnx/inputs.js';
import type { Answer, Model } from '../../onnx/model.js';
import { analyse, type Network } from '../../onnx/network.js';

/** Targets that are no class, in the order in which they are tried. */
const answers: readonly (readonly [Answer, target: string])[] = [
  ['box', 'box:0'],
  ['pixels', 'pixels:CLASS'],
  ['like', 'like:FILE'],
  ['value', 'value'],
];

export interface AskedNetwork {
  readonly network: Network;
  /** What `--target` takes: `predicted` of a classifier. */
  readonly target: string;
}

/** The network for classes; where there are none, for the first other target that an output fits. */
export function askedNetwork(network: Network): AskedNetwork {
  const usual = { network, target: 'predicted' };
  if (isRead(() => network.scores)) return usual;
  for (const [answer, target] of answers) {
    const asked = isRead(() => analyse(withAnswer(network, { answer })));
    if (asked) return { network: asked, target };
  }
  return usual;
}

function isRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CamError) return undefined;
    throw error;
  }
}

/** The model with the first input that can be a picture as its picture, and a notice about the others. */
export function withAssumedInputs(model: Model): Model {
  const { picture, others } = assumedInputs(model);
  if (!picture || others.length === 0) return model;
  const given = others.map((name) => `--input ${name}=FILE`).join(' ');
  const notice = `"${picture}" is taken for the picture (--picture NAME names another); explain needs values of the others: ${given}.`;
  return { ...withInputs(model, { picture, others }), notices: [...model.notices, notice] };
}
