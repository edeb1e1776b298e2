/** All that can be taken away of what the page shows. */
import type { ColorMapName, Explanation, Picture, Preprocessing, Target } from '../../src/index.js';
import { viewOf } from '../../src/index.js';
import type { PosterContent } from '../../src/poster/index.js';
import { type CodeSubject, stemOf } from './code.js';

export interface Shared {
  /** A file's name. */
  readonly name: string;
  readonly picture: Picture;
  /** `bundled` where it is the model that comes with the package. */
  readonly model: { readonly name: string; readonly bundled: boolean };
  /** One per class, with the maps in the order of the page. */
  readonly explanations: readonly Pick<Explanation, 'target' | 'maps'>[];
  /** Whether the class was chosen; else it is the predicted one. */
  readonly isChosen: boolean;
  /** Missing: the one that the package chooses. */
  readonly layer?: string;
  readonly preprocessing: Preprocessing;
  /** Where it comes from, for people. */
  readonly preprocessingSource: string;
  /** Whether a file or a hand gave it, so that the model alone does not say it. */
  readonly isGiven: boolean;
  /** The method on the stage. */
  readonly method: string;
  readonly colormap: ColorMapName;
  /** 0..1. */
  readonly alpha: number;
}

const methodsOf = ({ explanations, method }: Shared): readonly string[] => [
  ...new Set([method, ...explanations.flatMap(({ maps }) => Object.keys(maps))]),
];

export const viewIn = ({ picture, preprocessing }: Shared) =>
  viewOf(picture.width, picture.height, preprocessing);

export function posterContent(shared: Shared): PosterContent {
  const { name, picture, model, explanations } = shared;
  return { name: stemOf(name), picture, view: viewIn(shared), explanations, model: model.name };
}

export function codeSubject(shared: Shared): CodeSubject {
  const { name, explanations, isChosen, ...same } = shared;
  const classes = isChosen || explanations.length > 1 ? explanations.map(({ target }) => target.index) : [];
  return { ...same, picture: name, classes, methods: methodsOf(shared) };
}

/** A class as people read it: its label's first synonym, or its number. */
export const nameOf = ({ index, label }: Target): string => label?.split(',')[0].trim() || `class ${index}`;

/** The file's name of the model with the explanation of the method on the stage. */
export const bakedName = ({ model, method }: Shared): string => `${stemOf(model.name)}.${method}.onnx`;
