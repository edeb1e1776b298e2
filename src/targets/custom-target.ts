import { CamError } from '../errors.js';
import { FixedTarget, type RowFunction } from './fixed-target.js';
import { noScores, type TargetKind } from './kind.js';
import { isCustom, type OutputValues } from './specs.js';

/** A function of several outputs that somebody wrote. All of its outputs are one row, one after the other. */
export const customTarget: TargetKind = {
  choose: (spec, pass, at) => {
    if (typeof spec !== 'object' || !isCustom(spec)) throw new Error('expected a target of outputs.');
    const { outputs, evaluate, name = 'your target' } = spec;
    const shapes = outputs.map((output) => pass.tensor(output, at).shape);
    const evaluated = (row: Float32Array) => {
      const values: Record<string, OutputValues> = {};
      let start = 0;
      for (const [i, output] of outputs.entries()) {
        const end = start + shapes[i].reduce((x, y) => x * y, 1);
        values[output] = { data: row.slice(start, end), shape: shapes[i] };
        start = end;
      }
      return { values, ...evaluate(values) };
    };
    const of: RowFunction = {
      score: (row) => {
        const { score } = evaluated(row);
        if (Number.isFinite(score)) return score;
        throw new CamError('target', `target ${name}: expected a finite score, got ${String(score)}.`);
      },
      cotangent: (row) => {
        const { values, cotangents } = evaluated(row);
        const parts = outputs.flatMap((output) => {
          const own = cotangents?.[output];
          const { length } = values[output].data;
          if (own !== undefined && own.length !== length)
            throw new CamError(
              'target',
              `target ${name}: cotangents of "${output}": expected ${length} numbers, got ${own.length}.`,
            );
          return own ? Array.from(own) : Array.from({ length }, () => 0);
        });
        return Float32Array.from(parts);
      },
    };
    return new FixedTarget(name, spec, pass.reader.explained, of);
  },
  shown: noScores,
};
