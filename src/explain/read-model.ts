import { CamError } from '../errors.js';
import { metadataSettings } from '../image/index.js';
import type { AnyMethod } from '../methods/method.js';
import { takes } from '../methods/takes.js';
import { withoutLabelling } from '../onnx/labelled.js';
import type { Model } from '../onnx/model.js';
import { analyse } from '../onnx/network.js';
import { parseModel } from '../onnx/read.js';
import { withScoring } from '../onnx/scores.js';
import { expectGiven, expectModest } from './bounds.js';
import { inputSize } from './input-size.js';
import { findCalm } from './needs/calm.js';
import type { ExplainerOptions, ModelFile } from './options.js';

/**
 * The model of a file as it is explained: with what is said of its scores, without what only makes labels of
 * them.
 * @throws {CamError} `model`, `option`, and `target` where no output can be class scores.
 */
export function readModel(file: ModelFile, asked: readonly AnyMethod[], options: ExplainerOptions): Model {
  const external = new Map(file.externalData?.map(({ path, data }) => [path, data]));
  const parsed = parseModel(file.bytes, file.name, external);
  expectGiven(parsed, external);
  expectModest(parsed, options.preprocessing?.size ?? [224, 224]);
  const { output, activation, activationSource } = options;
  const { labels = metadataSettings(parsed.metadata, inputSize(analyse(parsed).picture))?.labels } = options;
  const model = withScoring(parsed, { output, activation, activationSource, labels: labels?.length });
  try {
    return withoutLabelling(analyse(model));
  } catch (error) {
    const positions =
      error instanceof CamError && error.code === 'target' && calmScores(model, asked, options);
    if (!positions) throw error;
    return withScoring(model, { activation, output: positions, positions: true });
  }
}

/** The scores at each position of a CALM model, where a CALM method is asked for. */
function calmScores(
  model: Model,
  asked: readonly AnyMethod[],
  { calm }: ExplainerOptions,
): string | undefined {
  if (!asked.some(isCalm)) return undefined;
  try {
    return findCalm(analyse(model), calm).scores;
  } catch (error) {
    // Where nothing but CALM is asked for, that is what the model lacks.
    if (error instanceof CamError && !asked.every(isCalm)) return undefined;
    throw error;
  }
}

const isCalm = (method: AnyMethod): boolean => takes(method, 'positionScores');
