import { CamError } from '../errors.js';
import { indexOf } from './class-target.js';
import { FixedTarget, weightedSum } from './fixed-target.js';
import type { TargetKind } from './kind.js';
import type { ScoredPass } from './scored-pass.js';

/** Which class wins each pixel: the largest logit, the first of equals; of one channel class 1 above 0. */
function winners(pass: ScoredPass, at: number) {
  const { data, shape } = pass.tensor(pass.reader.explained, at);
  const channels = shape.length > 2 ? shape[0] : 1;
  const pixels = data.length / channels;
  const winner = new Uint32Array(pixels);
  for (let p = 0; p < pixels; p++) {
    if (channels === 1) winner[p] = data[p] > 0 ? 1 : 0;
    else
      for (let c = 1; c < channels; c++)
        if (data[c * pixels + p] > data[winner[p] * pixels + p]) winner[p] = c;
  }
  return { winner, pixels, classes: Math.max(2, channels), channels };
}

/** `pixels:C`: S = Σ logit[C, y, x] over the pixels that class C wins; of one channel class 0 is -logit. */
export const pixelsTarget: TargetKind = {
  choose: (spec, pass, at, { labels }) => {
    const { winner, pixels, classes, channels } = winners(pass, at);
    const text = String(spec).replace(/^pixels:?/, '');
    if (text === '')
      throw new CamError(
        'target',
        `target: expected a class, as in pixels:1 (0 to ${classes - 1}), got "pixels".`,
      );
    const known = labels?.length === classes ? labels : undefined;
    const index = indexOf(/^\d+$/.test(text) ? Number(text) : text, { length: classes }, known);
    const label = known?.[index];
    const weights = new Map<number, number>();
    for (let p = 0; p < pixels; p++)
      if (winner[p] === index)
        weights.set(channels === 1 ? p : index * pixels + p, channels === 1 && index === 0 ? -1 : 1);
    if (weights.size === 0)
      throw new CamError(
        'target',
        `target pixels:${text}: no pixel of this picture is of class ${index}${label ? ` (${label})` : ''}. The largest is class ${largest(winner, classes)}.`,
      );
    const name = `pixels:${index}`;
    return new FixedTarget(name, name, pass.reader.explained, weightedSum(weights), {
      ...{ index, pixels: weights.size },
      ...(label !== undefined && { label }),
    });
  },
  shown: (pass, at) => {
    const { winner, pixels, classes } = winners(pass, at);
    const scores = counts(winner, classes);
    return { scores, probabilities: Float64Array.from(scores, (count) => count / pixels) };
  },
};

function counts(winner: Uint32Array, classes: number): Float32Array {
  const scores = new Float32Array(classes);
  for (const c of winner) scores[c]++;
  return scores;
}

function largest(winner: Uint32Array, classes: number): number {
  const all = counts(winner, classes);
  return all.indexOf(Math.max(...all));
}
