/** What the page and its worker say to each other. */
import type { Explanation, ModelFile, ModelSettings, Picture, Preprocessing } from '../../src/index.js';
import type { BakedMethodName } from '../../src/onnx/index.js';
import type { Baked } from '../share/baked.js';

/** `mixed`: kernels on WebGPU, the model on the CPU. */
export type Compute = 'auto' | 'wasm' | 'webgpu' | 'mixed';

export type Target = number | 'predicted';

/** A picture by its number; its pixels only where the worker has another one. */
export interface PictureRequest {
  readonly id: number;
  readonly pixels?: Picture;
}

/** What covers pixels of the picture: mid grey, the picture blurred, its mean colour, or noise. */
export const fills = ['grey', 'blur', 'mean', 'noise'] as const;
export type Fill = (typeof fills)[number];

/** A pixel is taken away (`deletion`), or is all that is shown (`insertion`). */
export type Direction = 'deletion' | 'insertion';

export interface OpenRequest {
  readonly kind: 'open';
  /** Missing: the one that is open already. */
  readonly model?: ModelFile;
  /** Missing: the one that the package chooses. */
  readonly layer?: string;
  readonly compute: Compute;
  readonly settings: ModelSettings;
  /** The model counts as open once this went through it. */
  readonly first?: Omit<ExplainRequest, 'kind'>;
}

export interface Opened {
  /** The feature maps of the model, in graph order: `[K, H, W]` where the file tells it. */
  readonly layers: readonly { readonly name: string; readonly shape: string; readonly cells?: Cells }[];
  readonly layer: string;
  readonly reason: string;
  /** What there is to say of the scores. */
  readonly remarks: readonly string[];
  /** What was assumed where nothing said it, for people. */
  readonly notices: readonly string[];
  readonly input: string;
  readonly backend: 'wasm' | 'webgpu';
  readonly device: string;
  readonly runtime: string;
  /** Of the model's CPU runtime. */
  readonly threads: number;
  readonly preprocessing: Preprocessing;
  /** Where it comes from, for people. */
  readonly preprocessingSource: string;
  readonly labels?: readonly string[];
  readonly labelsSource?: string;
  /** Methods that this model cannot serve, and why. */
  readonly refused: Readonly<Record<string, string>>;
  /** What `first` gave. */
  readonly first?: Explained;
}

/** Of one picture's feature map. */
export interface Cells {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface ExplainRequest {
  readonly kind: 'explain';
  readonly picture: PictureRequest;
  /** None: the scores alone. */
  readonly methods: readonly string[];
  readonly targets: readonly Target[];
}

export interface Explained {
  /** One per target, with the methods' maps. */
  readonly explanations: readonly Explanation[];
  /** Wall time in the worker. */
  readonly milliseconds: number;
}

/** The scores of the picture that the network sees with some of its pixels covered. */
export interface ScoreRequest {
  readonly kind: 'score';
  readonly picture: PictureRequest;
  /** `[H * W]` of the network's input: what is not 0 is covered. */
  readonly mask: Uint8Array;
  readonly fill: Fill;
}

export interface Scored {
  readonly probabilities: Float64Array;
  readonly milliseconds: number;
}

export interface CurveRequest {
  readonly kind: 'curve';
  readonly picture: PictureRequest;
  /** The map whose hottest pixels come first; missing: pixels in random order. */
  readonly saliency?: Float32Array;
  readonly direction: Direction;
  readonly fill: Fill;
  /** The classes whose probabilities are kept. */
  readonly classes: readonly number[];
}

/** Probabilities over the share of pixels, as far as they are known. */
export interface CurvePoints {
  /** Ascending, 0 to 1. */
  readonly fractions: readonly number[];
  /** Per class, one per fraction; undefined where it is not known yet. */
  readonly scores: readonly (readonly (number | undefined)[])[];
  /** Per class, the area under the curve, once all of it is known. */
  readonly areas?: readonly number[];
}

/** The picture that the network sees, as pixels, and what would cover it. */
export interface SeeRequest {
  readonly kind: 'see';
  readonly picture: PictureRequest;
  readonly fill: Fill;
}

export interface Seen {
  readonly picture: Picture;
  readonly cover: Picture;
}

/** The open model with a method's explanation inside, of its layer and preprocessing. */
export interface BakeRequest {
  readonly kind: 'bake';
  readonly method: BakedMethodName;
}

export type Request = OpenRequest | ExplainRequest | ScoreRequest | CurveRequest | SeeRequest | BakeRequest;

export interface Answers {
  readonly open: Opened;
  readonly explain: Explained;
  readonly score: Scored;
  readonly curve: CurvePoints;
  readonly see: Seen;
  readonly bake: Baked;
}

/** How far one method of many passes is. */
export interface Passes {
  readonly method: string;
  readonly done: number;
  readonly total: number;
  /** For the rest of them; missing where nothing is known yet. */
  readonly secondsLeft?: number;
}

/** What is told while a request is worked on. */
export type Progress = Passes | CurvePoints;

/** An error that crossed the border; `code` where it is a `CamError`. */
export interface Failure {
  readonly message: string;
  readonly code?: string;
}

/** `cancel`: the request of this number is wanted no longer. */
export type ToWorker = { readonly id: number; readonly request: Request } | { readonly cancel: number };
export type FromWorker =
  | { readonly id: number; readonly value: Answers[keyof Answers] }
  | { readonly id: number; readonly failure: Failure }
  | { readonly id: number; readonly progress: Progress };
