import type { Box, Plane } from '../metrics/index.js';
import type { InputTensor, Picture } from '../types.js';

/**
 * A class that differs from the picture's own class in known parts. These parts are the cue between the two.
 */
export interface Cue {
  /** Class index. */
  readonly other: number;
  /** Over the picture's pixels; not 0 on the parts in which the two classes differ. */
  readonly mask: Plane;
}

/** The ground truth of a picture, in its own pixels. Unknown parts are missing. */
export interface Truth {
  /** Class index. */
  readonly label?: number;
  /** At least one, with an area, within the picture. */
  readonly boxes?: readonly Box[];
  /** Not 0 on the object. */
  readonly mask?: Plane;
  /** Not 0 where a pixel is neither object nor background. */
  readonly ignore?: Plane;
  readonly cues?: readonly Cue[];
}

/** A part of a data set that cannot be used and is left out. */
export interface Problem {
  /** The picture, file or line it concerns. */
  readonly where: string;
  /** The kind of problem. Equal kinds have equal texts, so that they can be counted. */
  readonly what: string;
  /** What was found there. */
  readonly got?: string;
}

/** A picture with its ground truth. */
export interface LoadedSample {
  readonly picture: Picture | InputTensor;
  readonly truth: Truth;
  /** Annotations of this picture that were left out. */
  readonly problems: readonly Problem[];
}

export interface Sample {
  /** Unique in the data set, the same from run to run. */
  readonly name: string;
  /** The annotation as JSON. It shows whether annotations changed between runs. */
  readonly about?: unknown;
  /** Changes when the picture changes between runs; `undefined` where that is not known. */
  stamp?(): Promise<string | undefined>;
  /** @throws {CamError} `input` where the picture cannot be read. */
  load(): Promise<LoadedSample>;
}

/** The kinds of ground truth that a metric may need. */
export type Knowledge = 'label' | 'boxes' | 'mask' | 'cues';

export interface DataSet {
  /** How the data set was read, e.g. `boxes.json`. */
  readonly kind: string;
  readonly samples: readonly Sample[];
  /** The kinds that at least one picture has. */
  readonly has: ReadonlySet<Knowledge>;
  /** What was left out when the annotations were read. */
  readonly problems: readonly Problem[];
}

/** Problems by kind, in order of appearance: how many, and the first few as examples. */
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
