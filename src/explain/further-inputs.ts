/** Values of a model's inputs besides the picture. */
import { CamError } from '../errors.js';
import { described } from '../names.js';
import { formatShape } from '../onnx/format-shape.js';
import type { Network } from '../onnx/network.js';
import type { Feed } from '../runtime/index.js';

/** A tensor: a row for each picture, or one for all. */
export type GivenInput = Feed;

/** What is fed besides the picture, for the pictures of these rows. */
export type FurtherInputs = (rows: readonly number[]) => Readonly<Record<string, Feed>>;

/**
 * Checks the values once.
 * @throws {CamError} `option` for values whose shape the model does not take.
 */
export function furtherInputs(
  { model }: Network,
  given: Readonly<Record<string, GivenInput>> = {},
): FurtherInputs {
  const [picture, ...others] = model.graph.inputs;
  const batch = picture?.shape?.[0];
  const entries = Object.entries(given).map(([name, { data, shape }]) => {
    const declared = others.find((other) => other.name === name)?.shape;
    const length = shape.reduce((product, dim) => product * dim, 1);
    const fits =
      !declared ||
      (declared.length === shape.length &&
        declared.every((dim, axis) => axis === 0 || typeof dim !== 'number' || dim === shape[axis]));
    if (!fits || data.length !== length)
      throw new CamError(
        'option',
        `input "${name}": expected ${formatShape(declared)}, got [${shape.join(', ')}] with ${data.length} values.`,
      );
    const [first] = declared ?? shape;
    // An axis of another fixed length than the pictures' does not count pictures.
    const perPicture = shape.length > 0 && (typeof first !== 'number' || first === batch);
    return { name, data, shape, perPicture };
  });
  return (rows) =>
    Object.fromEntries(
      entries.map(({ name, data, shape, perPicture }): [string, Feed] => [
        name,
        perPicture ? taken(name, { data, shape }, rows) : { data, shape },
      ]),
    );
}

/** @throws {CamError} `option` for a path, which only Node reads. */
export function onHost(
  given: Readonly<Record<string, GivenInput | string>> = {},
): Readonly<Record<string, GivenInput>> {
  for (const [name, values] of Object.entries(given))
    if (typeof values === 'string' || !Object(values).shape)
      throw new CamError('option', `inputs: ${name}: expected { data, shape }, got ${described(values)}.`);
  return given as Readonly<Record<string, GivenInput>>;
}

function taken(name: string, { data, shape }: Feed, rows: readonly number[]): Feed {
  const [count, ...rest] = shape;
  const size = data.length / count;
  const made = data.slice(0, 0);
  const parts = rows.map((row) => {
    if (row >= count && count !== 1)
      throw new CamError(
        'input',
        `input "${name}": expected a row for picture ${row}, got ${count} rows. Give one row per picture, or one for all.`,
      );
    const at = count === 1 ? 0 : row;
    return data.subarray(at * size, (at + 1) * size);
  });
  const Values = made.constructor as new (length: number) => typeof made;
  const all = new Values(rows.length * size);
  parts.forEach((part, i) => {
    (all as Float32Array).set(part as Float32Array, i * size);
  });
  return { data: all, shape: [rows.length, ...rest] };
}
