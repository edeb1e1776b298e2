import { CamError } from '../errors.js';
import { FixedTarget, type RowFunction } from './fixed-target.js';
import { noScores, type TargetKind } from './kind.js';
import { isCustom, type OutputValues } from './specs.js';

/**
 * A function of several outputs that somebody wrote. The row has the numbers of all outputs that any target
 * asks for, one after the other, in the order of `reader.tensors` after the row itself.
 */
export const customTarget: TargetKind = {
  choose: (spec, pass, at) => {
    if (typeof spec !== 'object' || !isCustom(spec)) throw new Error('expected a target of outputs.');
    const { outputs, evaluate, name = 'your target' } = spec;
    const [, ...all] = pass.reader.tensors;
    const parts = all.map((output) => ({ output, shape: pass.tensor(output, at).shape }));
    const wanted = new Set(outputs);
    const evaluated = (row: Float32Array) => {
      const values: Record<string, OutputValues> = {};
      let start = 0;
      for (const { output, shape } of parts) {
        const end = start + lengthOf(shape);
        if (wanted.has(output)) values[output] = { data: row.slice(start, end), shape };
        start = end;
      }
      return evaluate(values);
    };
    const of: RowFunction = {
      score: (row) => {
        const { score } = evaluated(row);
        if (Number.isFinite(score)) return score;
        throw new CamError('target', `target ${name}: expected a finite score, got ${String(score)}.`);
      },
      cotangent: (row) => {
        const { cotangents } = evaluated(row);
        const unknown = Object.keys(Object(cotangents)).find((output) => !wanted.has(output));
        if (!cotangents || unknown !== undefined)
          throw new CamError(
            'target',
            `target ${name}: cotangents: expected numbers for ${outputs.map((output) => `"${output}"`).join(', ')}, got ${unknown === undefined ? 'none' : `some for "${unknown}"`}.`,
          );
        const made = new Float32Array(row.length);
        let start = 0;
        for (const { output, shape } of parts) {
          const own = cotangents[output];
          if (own) made.set(expectCotangent(name, output, own, lengthOf(shape)), start);
          start += lengthOf(shape);
        }
        return made;
      },
    };
    return new FixedTarget(name, spec, pass.reader.explained, of);
  },
  shown: noScores,
};

const lengthOf = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);

/** @throws {CamError} `target` unless there is one finite number for each of the output. */
function expectCotangent(
  name: string,
  output: string,
  cotangent: ArrayLike<number>,
  length: number,
): Float32Array {
  const made = Float32Array.from(cotangent);
  const bad = made.find((value) => !Number.isFinite(value));
  if (made.length === length && bad === undefined) return made;
  throw new CamError(
    'target',
    `target ${name}: cotangents of "${output}": expected ${length} ${bad === undefined ? '' : 'finite '}numbers, got ${bad === undefined ? made.length : bad}.`,
  );
}
