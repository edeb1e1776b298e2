/** Labels of a model that comes without any. */
import type { Network } from '../onnx/network.js';
import { classesOf } from '../onnx/score-shape.js';
import { inputSize } from './input-size.js';
import { ASSUMED_LABELS, type GivenSettings, settingsOf } from './settings.js';

/** ImageNet's statistics, in units of 0..1. */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

const isAbout = (values: readonly number[], wanted: readonly number[]): boolean =>
  values.length === wanted.length && values.every((value, i) => Math.abs(value - wanted[i]) < 0.005);

/**
 * ImageNet's classes for a model of 1,000 outputs without labels whose pictures are prepared by ImageNet's
 * convention, assumed or given; nothing for any other model.
 */
export async function assumedLabels(
  network: Network,
  given: GivenSettings,
): Promise<Pick<GivenSettings, 'labels' | 'labelsSource'>> {
  const { shapes, batch, picture, scores } = network;
  if (given.labels || scores.labels || scores.answer || classesOf(shapes.get(scores.output), batch) !== 1000)
    return {};
  if (inputSize(picture).channels !== 3) return {};
  const { preprocessing, known, labels: found } = settingsOf(network, given);
  const { mean, std, scale = 1 / 255 } = preprocessing;
  const share = (values: readonly number[]) => values.map((value) => value / (255 * scale));
  if (found || (known && !(isAbout(share(mean), MEAN) && isAbout(share(std), STD)))) return {};
  const { imagenetClasses } = await import('../image/imagenet-classes.js');
  return { labels: imagenetClasses, labelsSource: ASSUMED_LABELS };
}
