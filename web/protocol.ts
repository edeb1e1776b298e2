/** What page and worker say to each other. */
import type { Explanation, ModelFile, ModelSettings, Picture, Preprocessing } from '../src/index.js';
import type { BakedMethodName } from '../src/onnx/index.js';
import type { Baked } from './share/baked.js';

/** `mixed`: kernels on WebGPU, the model on the CPU. */
export type Compute = 'auto' | 'wasm' | 'webgpu' | 'mixed';

export interface OpenRequest {
  readonly kind: 'open';
  /** Missing: the one that is open already. */
  readonly model?: ModelFile;
  readonly methods: readonly string[];
  /** Missing: the one that the package chooses. */
  readonly layer?: string;
  readonly compute: Compute;
  readonly settings: ModelSettings;
}

export interface Opened {
  /** The feature maps of the model, in graph order. */
  readonly layers: readonly { readonly name: string; readonly shape: string }[];
  readonly layer: string;
  readonly reason: string;
  /** What there is to say of the scores. */
  readonly remarks: readonly string[];
  readonly input: string;
  readonly backend: 'wasm' | 'webgpu';
  readonly device: string;
  readonly runtime: string;
  /** Of the model's CPU runtime. */
  readonly threads: number;
  readonly preprocessing: Preprocessing;
  /** Where it comes from, for people. */
  readonly preprocessingSource: string;
  /** Methods that this model cannot serve, and why. */
  readonly refused: Readonly<Record<string, string>>;
}

export interface ExplainRequest {
  readonly kind: 'explain';
  readonly picture: Picture;
  readonly target: number | 'predicted';
}

/** A class and its probability, 0..1. */
export interface ClassShare {
  readonly index: number;
  readonly label: string;
  readonly share: number;
}

export interface Explained {
  readonly explanation: Explanation;
  /** The five most probable classes, the first first. */
  readonly top: readonly ClassShare[];
  /** Wall time of the whole explanation in the worker. */
  readonly milliseconds: number;
}

/** The open model with a method's explanation inside, of its layer and preprocessing. */
export interface BakeRequest {
  readonly kind: 'bake';
  readonly method: BakedMethodName;
}

export type Request = OpenRequest | ExplainRequest | BakeRequest;

export interface Answers {
  readonly open: Opened;
  readonly explain: Explained;
  readonly bake: Baked;
}

/** An error that crossed the border; `code` where it is a `CamError`. */
export interface Failure {
  readonly message: string;
  readonly code?: string;
}

export type Envelope = { readonly id: number; readonly request: Request };
export type Reply =
  | { readonly id: number; readonly value: Answers[keyof Answers] }
  | { readonly id: number; readonly failure: Failure };
