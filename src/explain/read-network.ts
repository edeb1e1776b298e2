import { CamError } from '../errors.js';
import { metadataSettings } from '../image/index.js';
import type { AnyMethod } from '../methods/method.js';
import { takes } from '../methods/takes.js';
import { withInputs } from '../onnx/inputs.js';
import { withoutLabelling } from '../onnx/labelled.js';
import { analyse, type Network } from '../onnx/network.js';
import { withScoring } from '../onnx/scores.js';
import { answeringModel } from './answers.js';
import { expectGiven, expectModest } from './bounds.js';
import { inputSize } from './input-size.js';
import { findCalm } from './needs/calm.js';
import type { ExplainerOptions, ModelFile } from './options.js';
import { parsedModel } from './parsed-model.js';

/**
 * The model of a file as it is explained: with the scoring that the options give, without operators that only
 * turn scores into labels.
 * @throws {CamError} `model`, `option`, and `target` where no output can be class scores.
 */
export function readNetwork(
  file: ModelFile,
  asked: readonly AnyMethod[],
  options: ExplainerOptions,
): Network {
  const { picture, inputs = {} } = options;
  const parsed = withInputs(parsedModel(file), { picture, others: Object.keys(inputs) });
  expectGiven(parsed, new Set(file.externalData?.map(({ path }) => path)));
  expectModest(parsed, options.preprocessing?.size ?? [224, 224]);
  const answering = answeringModel(analyse(parsed), options);
  if (answering) return analyse(answering);
  const { output, activation, activationSource } = options;
  const { labels = metadataSettings(parsed.metadata, inputSize(analyse(parsed).picture))?.labels } = options;
  const model = withScoring(parsed, { output, activation, activationSource, labels: labels?.length });
  const network = analyse(model);
  try {
    return analyse(withoutLabelling(network));
  } catch (error) {
    const positions =
      error instanceof CamError && error.code === 'target' && calmScores(network, asked, options);
    if (!positions) throw error;
    return analyse(withScoring(model, { activation, output: positions, positions: true }));
  }
}

/** The output f of a CALM model, where a CALM method is requested. */
function calmScores(
  network: Network,
  asked: readonly AnyMethod[],
  { calm }: ExplainerOptions,
): string | undefined {
  if (!asked.some(isCalm)) return undefined;
  try {
    return findCalm(network, calm).scores;
  } catch (error) {
    // Where CALM alone is requested, the missing outputs are the error.
    if (error instanceof CamError && !asked.every(isCalm)) return undefined;
    throw error;
  }
}

const isCalm = (method: AnyMethod): boolean => takes(method, 'positionScores');
