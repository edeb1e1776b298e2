import type { Box, Plane } from '../metrics/index.js';
import type { InputTensor, Picture } from '../types.js';

/**
 * A class that differs from the picture's own in known parts: the cue that tells one from the other is known.
 */
export interface Cue {
  /** Class index. */
  readonly other: number;
  /** Not 0 on the parts in which the two classes differ; in the picture's pixels. */
  readonly mask: Plane;
}

/** What is known of a picture, in its own pixels. What is not known is missing. */
export interface Truth {
  /** Class index. */
  readonly label?: number;
  /** At least one, with an area, within the picture. */
  readonly boxes?: readonly Box[];
  /** Not 0 on the object. */
  readonly mask?: Plane;
  /** Not 0 where the mask says nothing either way. */
  readonly ignore?: Plane;
  readonly cues?: readonly Cue[];
}

/** Something in a data set that cannot be used as it stands, and is left out. */
export interface Problem {
  /** The picture, file or line it concerns. */
  readonly where: string;
  /** The kind of problem, equal for equal kinds, so that they can be counted. */
  readonly what: string;
  /** What was found there. */
  readonly got?: string;
}

/** A picture with what is known of it. */
export interface LoadedSample {
  readonly picture: Picture | InputTensor;
  readonly truth: Truth;
  /** Annotations of this picture that had to be left out. */
  readonly problems: readonly Problem[];
}

export interface Sample {
  /** Unique in the data set, the same from run to run. */
  readonly name: string;
  /** What the annotation says, as JSON: tells a data set from one whose annotations were changed. */
  readonly about?: unknown;
  /** Tells whether the picture is what it was in an earlier run; nothing where that is not known. */
  stamp?(): Promise<string | undefined>;
  /** @throws {CamError} `input` where the picture cannot be read. */
  load(): Promise<LoadedSample>;
}

/** What a metric may need to know of pictures. */
export type Knowledge = 'label' | 'boxes' | 'mask' | 'cues';

export interface DataSet {
  /** How the data set was read, e.g. `boxes.json`. */
  readonly kind: string;
  readonly samples: readonly Sample[];
  /** What at least one picture has. */
  readonly has: ReadonlySet<Knowledge>;
  /** What was left out while the annotations were read. */
  readonly problems: readonly Problem[];
}

/** Problems by kind, in order of appearance: how many, and the first few. */
export function countProblems(
  problems: readonly Problem[],
  shown = 3,
): { readonly what: string; readonly count: number; readonly examples: readonly string[] }[] {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) {
    const of = kinds.get(problem.what);
    if (of) of.push(problem);
    else kinds.set(problem.what, [problem]);
  }
  return [...kinds].map(([what, of]) => ({
    what,
    count: of.length,
    examples: of.slice(0, shown).map(({ where, got }) => (got === undefined ? where : `${where} (${got})`)),
  }));
}
