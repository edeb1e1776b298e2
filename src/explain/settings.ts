/** A model's preprocessing and labels, and the source of each. */
import { defaultPreprocessing, metadataSettings } from '../image/index.js';
import { findInputNormalisation } from '../onnx/input-normalisation.js';
import type { Network } from '../onnx/network.js';
import { USUAL_SIDE } from '../onnx/picture.js';
import type { Preprocessing } from '../types.js';
import { type InputSize, inputSize } from './input-size.js';

export interface Settings {
  readonly preprocessing: Preprocessing;
  /** Text to show: a file, an option, the model itself. */
  readonly preprocessingSource: string;
  /** False where `preprocessing` is assumed by convention. */
  readonly known: boolean;
  readonly labels?: readonly string[];
  readonly labelsSource?: string;
}

type KnownInput = Pick<Network, 'model' | 'index' | 'picture'>;

export interface GivenSettings {
  readonly preprocessing?: Preprocessing;
  readonly preprocessingSource?: string;
  readonly labels?: readonly string[];
  readonly labelsSource?: string;
}

export const CONVENTION =
  'the ImageNet convention (shorter edge × 256/224, centre crop, mean .485 .456 .406, std .229 .224 .225; grey: .456, .225)';

/** The source of labels that are assumed. */
export const ASSUMED_LABELS =
  'ImageNet (assumed: the model has 1000 outputs and pictures are prepared as for ImageNet)';

/**
 * Preprocessing and labels: from the options, else from the model's metadata, else from its graph (labels
 * that it holds, a normalisation that it begins with); preprocessing else by the ImageNet convention.
 * @param inGraph  Labels in the graph.
 */
export function settingsOf(network: KnownInput, given: GivenSettings, inGraph?: readonly string[]): Settings {
  const size = inputSize(network.picture);
  const found = metadataSettings(network.model.metadata, size);
  const source = `the model's metadata (${found?.writer})`;
  const labels = given.labels ?? found?.labels ?? inGraph;
  const labelsSource = found?.labels ? source : "the model's graph";
  return {
    ...preparation(network, size, given, found && { ...found, source }),
    ...(labels && {
      labels,
      labelsSource: given.labels ? (given.labelsSource ?? 'the option labels') : labelsSource,
    }),
  };
}

function preparation(
  network: KnownInput,
  size: InputSize,
  given: GivenSettings,
  metadata: { readonly preprocessing?: Preprocessing; readonly source: string } | undefined,
): Omit<Settings, 'labels' | 'labelsSource'> {
  if (given.preprocessing)
    return {
      preprocessing: given.preprocessing,
      preprocessingSource: given.preprocessingSource ?? 'the option preprocessing',
      known: true,
    };
  if (metadata?.preprocessing)
    return { preprocessing: metadata.preprocessing, preprocessingSource: metadata.source, known: true };
  const { channels, height = USUAL_SIDE, width = USUAL_SIDE } = size;
  const usual = defaultPreprocessing([height, width], channels === 1 ? 1 : 3);
  const inside = findInputNormalisation(network, network.picture.name, channels);
  if (!inside) return { preprocessing: usual, preprocessingSource: CONVENTION, known: false };
  const each = (value: number) => usual.mean.map(() => value);
  return {
    preprocessing: {
      ...usual,
      ...{ scale: inside.range === 255 ? 1 : 1 / 255, mean: each(0), std: each(1) },
      channels: channels === 1 ? 'GRAY' : inside.channels,
    },
    preprocessingSource:
      `the model's graph, which normalises by itself (${inside.operators.join(', ')}): pixels 0..${inside.range}${inside.channels === 'BGR' ? ', blue first' : ''}, ` +
      'resized as in the ImageNet convention (shorter edge × 256/224, centre crop)',
    known: true,
  };
}
