/**
 * Why an image has no value for a figure, or why its value is a choice that the definition leaves open:
 * - `empty map`      no value of the map is above 0
 * - `no annotation`  no box or mask, or one without a pixel in the image
 * - `score is 0`     a ratio whose denominator, a score, is 0
 * - `score is 1`     a gain that cannot be: the score is the highest already
 * - `constant`       a correlation with something that does not vary
 */
export type Note = 'empty map' | 'no annotation' | 'score is 0' | 'score is 1' | 'constant';

/**
 * One image's share of a figure. `value` is `undefined` where the figure is not defined; `note` then says
 * why.
 */
export interface Outcome {
  readonly value: number | undefined;
  /** A value has a note too where an edge case decided it, e.g. an empty map, which counts as a miss. */
  readonly note?: Note;
}

/** A figure over a data set. */
export interface Figure {
  /** Mean of the images that have a value; `undefined` where none has. */
  readonly value: number | undefined;
  /** One per image, in the order given, in the figure's unit. */
  readonly values: readonly (number | undefined)[];
  /** How many images have a value. */
  readonly count: number;
  /** How many images carry each note; only notes that occur. */
  readonly notes: Readonly<Partial<Record<Note, number>>>;
}

/**
 * The mean over the images. None is dropped silently: images without a value stay in `values` and are counted
 * by reason.
 */
export function figure(outcomes: readonly Outcome[]): Figure {
  const notes: Partial<Record<Note, number>> = {};
  let [sum, count] = [0, 0];
  for (const { value, note } of outcomes) {
    if (note !== undefined) notes[note] = (notes[note] ?? 0) + 1;
    if (value === undefined) continue;
    sum += value;
    count++;
  }
  return {
    value: count === 0 ? undefined : sum / count,
    values: outcomes.map(({ value }) => value),
    count,
    notes,
  };
}
