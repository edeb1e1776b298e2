import { CamError } from '../errors.js';
import { FixedTarget, weightedSum } from './fixed-target.js';
import type { TargetKind } from './kind.js';

/** `value:J`: S is number J of the output. */
export const valueTarget: TargetKind = {
  choose: (spec, pass, at) => {
    const { length } = pass.explained(at);
    const text = String(spec).slice('value'.length);
    const index = text === '' ? 0 : /^:\d+$/.test(text) ? Number(text.slice(1)) : -1;
    const { explained, scores } = pass.reader;
    if (index >= 0 && index < length && (text !== '' || length === 1))
      return new FixedTarget(
        `value:${index}`,
        `value:${index}`,
        explained,
        weightedSum(new Map([[index, 1]])),
        {
          index,
        },
      );
    const last = length === 1 ? '' : `, value:0 to value:${length - 1}`;
    throw new CamError(
      'target',
      `target: expected ${length === 1 ? 'value' : `one of the ${length} numbers of output "${scores.graphOutput}"`}${last}, got "${String(spec)}".`,
    );
  },
  shown: (pass, at) => ({ scores: pass.explained(at).slice(), probabilities: new Float64Array(0) }),
};
