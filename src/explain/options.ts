import type { BackendName } from '../backends/select.js';
import type { CamError } from '../errors.js';
import type { AnyMethod } from '../methods/method.js';
import type { MethodName } from '../methods/names.js';
import type { Activation, Scores } from '../onnx/model.js';
import type { RuntimeName, SessionFactory } from '../runtime/index.js';
import type { AnyTarget, BoxForm } from '../targets/index.js';
import type { Explanation, NamedMaps, Preprocessing, SaliencyMap } from '../types.js';
import type { MethodChoice } from './choose-methods.js';
import type { GivenInput } from './further-inputs.js';
import type { ImageSource } from './images.js';

/** A model file in memory. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  /** For messages. */
  readonly name?: string;
  /** The files its external tensors lie in, by the location that the model gives. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** A model: its bytes, with the files of its weights where it has such, or a URL (in Node a path). */
export type ModelSource = ModelFile | Uint8Array | ArrayBuffer | string | URL;

/** Names of a CALM model's two outputs. */
export interface CalmOutputs {
  /** f `[n, C, h, w]` */
  readonly scores: string;
  /** a `[n, 1, h, w]` */
  readonly attention: string;
}

export interface ExplainerOptions<
  Methods extends readonly MethodChoice[] = readonly MethodChoice[],
  Unservable extends 'error' | 'skip' = 'error' | 'skip',
> {
  /**
   * Methods, or their names.
   * @default [gradCam, miCam()]; where no gradient reaches the layer MI-CAM alone, and a notice says why
   */
  readonly methods?: Methods;
  /** Tensor names. @default the layer that `targetLayer` chooses */
  readonly layers?: readonly string[];
  /** What the kernels run on. @default 'auto' */
  readonly backend?: BackendName;
  /** What the model runs on. @default 'auto' */
  readonly runtime?: RuntimeName;
  /**
   * How pictures become inputs.
   * @default what the model's metadata say; else the pixels as they are where the model normalises them
   *   itself; else the ImageNet convention, at the model's input size
   */
  readonly preprocessing?: Preprocessing;
  /**
   * Where `preprocessing` comes from, for `Explainer.preprocessingSource`. @default 'the option
   * preprocessing'
   */
  readonly preprocessingSource?: string;
  /**
   * One per class, in order. @default the names in the model's metadata, else those in its graph, where there
   * are any
   */
  readonly labels?: readonly string[];
  /** Where `labels` come from, for `Explainer.labelsSource`. @default 'the option labels' */
  readonly labelsSource?: string;
  /**
   * What is explained where `explain` is given no target, and the kind of all targets: classes, or one of
   * those that are none (`value`, `pixels:C`, `box:K`, `{ like }`, a target of your own).
   * @default 'predicted'
   */
  readonly target?: AnyTarget | readonly AnyTarget[];
  /** How detections are laid out. @default by the shapes of the outputs and the number of labels */
  readonly boxes?: BoxForm;
  /** The input that takes the picture. @default the only one that can */
  readonly picture?: string;
  /**
   * Values of the other inputs, by name: a row for each picture in order, or one for all. In Node also paths
   * of `.npy` files.
   */
  readonly inputs?: Readonly<Record<string, GivenInput | string>>;
  /** The graph output with the class scores. @default the first that can be; `scores.remarks` says which */
  readonly output?: string;
  /**
   * What makes probabilities of the model's output: `softmax`, `sigmoid` (labels that do not exclude one
   * another, or one logit), or `none`, where it holds probabilities. @default what the graph says; else
   * softmax, sigmoid for one logit, and none where the values are probabilities already
   */
  readonly activation?: Activation;
  /** The file that says so, against which the graph is believed. @default the user says so */
  readonly activationSource?: string;
  /** What gradients and forward passes are taken of. @default 'logit' */
  readonly score?: 'logit' | 'probability';
  /**
   * Whether gradients behind global average pooling and a linear layer are taken without a backward pass.
   * @default true
   */
  readonly closedForms?: boolean;
  /**
   * What becomes of a method that the model cannot serve: an error, or an entry in `skipped`. @default
   * 'error'
   */
  readonly unservable?: Unservable;
  /** Names of a CALM model's outputs. @default `f` and `a`, or the only outputs of their shapes */
  readonly calm?: CalmOutputs;
  /**
   * Whether each map is the first principal component of the weighted channels (centred) in place of their
   * sum: less noise. For methods with one weight per channel; the others say in their diagnostics that they
   * were not smoothed.
   * @default false
   */
  readonly eigenSmooth?: boolean;
  /** Threads of the model's CPU runtime. Minimum: `1`. @default the machine's cores, at most 8 */
  readonly threads?: number;
  /** Opens inference sessions in place of ONNX Runtime's own, with the interface of onnxruntime-common. */
  readonly sessionFactory?: SessionFactory;
  /** Told, once each, what was assumed where nothing said it. @default console.warn */
  readonly onNotice?: (notice: string) => void;
}

/** How far a method is that passes the model many times for one image. */
export interface MethodProgress {
  /** Position of the image among those passed to `explain`. */
  readonly image: number;
  readonly method: string;
  /** Passes that are done, of all: of the model, or of the part behind the layer. */
  readonly done: number;
  readonly passes: number;
  /**
   * What all passes of the image may take, by those before; missing before the first one of the part behind
   * the layer.
   */
  readonly expectedSeconds?: number;
}

export interface ExplainOptions {
  /**
   * Some of the explainer's methods, or their names; the maps of the others are missing. None: the scores
   * alone, which cost a forward pass. @default all of them
   */
  readonly methods?: readonly MethodChoice[];
  /**
   * Whether maps are averaged over six versions of the picture: as it is and mirrored, each times 0.9, 1 and
   * 1.1. Scores are those of the picture as it is.
   * @default false
   */
  readonly augment?: boolean;
  /** The class of every image, or weights of the classes, or several of these. @default 'predicted' */
  readonly target?: AnyTarget | readonly AnyTarget[];
  /** One entry per image in order, in place of `target`. */
  readonly targets?: readonly (AnyTarget | readonly AnyTarget[])[];
  /** The row of each image in `inputs`. @default its position among the images */
  readonly rows?: readonly number[];
  /** Images in one pass of the model. Minimum: `1`. @default the explainer's `usualBatch` */
  readonly batch?: number;
  /**
   * Called for an image that cannot be explained, which is then left out; a single image's error is thrown.
   * @default the error is thrown
   */
  readonly onError?: (error: CamError, image: number) => void;
  /** Called before the first pass of a method that passes the model many times, and after every few. */
  readonly onProgress?: (progress: MethodProgress) => void;
  /**
   * Stops the work: between two passes of the model, also inside methods of many passes, between two methods,
   * and while the next image is waited for. What the work holds is freed, then the call rejects with the
   * signal's reason, at once where it was aborted before; the explainer can be used again. A pass that has
   * begun runs to its end.
   */
  readonly signal?: AbortSignal;
}

/** For one image and one target. */
export type ExplainOneOptions = Omit<ExplainOptions, 'target' | 'targets'> & { readonly target?: AnyTarget };

/** Batches in work at a time: on a GPU one is computed while the one before it is read back. */
export const IN_FLIGHT = { wasm: 1, webgpu: 2 } as const;

type NameOf<Choice> = Choice extends MethodName
  ? Choice
  : Choice extends AnyMethod<infer Name>
    ? Name
    : string;

type MapsOfNames<Names extends string> = { readonly [Name in Names]: SaliencyMap };

/** Stands for the methods where none are asked for. */
export interface DefaultMethods extends ReadonlyArray<MethodChoice> {
  readonly byDefault: true;
}

/** The maps by name that an explainer gives that was opened with these methods. */
export type MapsOf<Methods, Unservable = 'error'> = Methods extends DefaultMethods
  ? { readonly 'grad-cam'?: SaliencyMap; readonly 'mi-cam': SaliencyMap }
  : Methods extends readonly (infer Choice)[]
    ? string extends NameOf<Choice>
      ? NamedMaps
      : Unservable extends 'skip'
        ? Partial<MapsOfNames<NameOf<Choice>>>
        : MapsOfNames<NameOf<Choice>>
    : NamedMaps;

export interface Explainer<Maps extends NamedMaps = NamedMaps> {
  /** The target layers, and why each was chosen. */
  readonly layers: readonly { readonly name: string; readonly reason: string }[];
  /**
   * The model's feature maps in graph order, with their shapes as `[n, K, h, w]`, whatever their layout in
   * the model is; free lengths are names or undefined.
   */
  readonly featureMaps: readonly {
    readonly name: string;
    readonly shape: readonly (number | string | undefined)[];
  }[];
  /** Methods that the model cannot serve, and why; of the default ones, or with `unservable: 'skip'`. */
  readonly skipped?: readonly { readonly method: string; readonly reason: string }[];
  /** What the model's scores are and mean, and what there is to say of it. */
  readonly scores: Pick<Scores, 'graphOutput' | 'output' | 'logits' | 'activation' | 'answer' | 'remarks'>;
  readonly backend: 'wasm' | 'webgpu';
  /** Images in one pass of the model where nobody says: 8, fewer where the model's tensors are large. */
  readonly usualBatch: number;
  /** The backend's device: the adapter's name, or `WebAssembly SIMD`. */
  readonly device: string;
  /** e.g. `onnxruntime-node cpu` */
  readonly runtime: string;
  readonly preprocessing: Preprocessing;
  /**
   * Where `preprocessing` comes from, for people: a file, the model's metadata, the model's graph, or the
   * ImageNet convention.
   */
  readonly preprocessingSource: string;
  /**
   * Why the model cannot be fed pictures: it takes another number of channels, or another size than
   * `preprocessing` makes. Missing where it can.
   */
  readonly pictureObstacle?: string;
  readonly labels?: readonly string[];
  /** Where `labels` come from; missing where there are none. */
  readonly labelsSource?: string;
  /** The model's image input; free lengths are names or undefined. */
  readonly input: {
    readonly name: string;
    readonly dtype?: string;
    readonly shape?: readonly (number | string | undefined)[];
  };
  /** What was assumed where nothing said it, for people: what `onNotice` is told. */
  readonly notices: readonly string[];
  /**
   * One explanation per image and target, in order. Of one image alone its explanation, or a list where
   * several targets were asked for.
   * @throws {CamError} `input`, `target`, `option`, `model`, `gpu`. The signal's reason once it is aborted.
   */
  explain(images: readonly ImageSource[], options?: ExplainOptions): Promise<Explanation<Maps>[]>;
  explain(
    image: ImageSource,
    options: ExplainOptions & { readonly target: `top${number}` },
  ): Promise<Explanation<Maps>[]>;
  explain(image: ImageSource, options?: ExplainOneOptions): Promise<Explanation<Maps>>;
  explain(image: ImageSource, options: ExplainOptions): Promise<Explanation<Maps> | Explanation<Maps>[]>;
  /** The same for any number of images: holds one batch at a time, on a GPU two. */
  stream(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options?: ExplainOptions,
  ): AsyncGenerator<Explanation<Maps>, void, undefined>;
  dispose(): Promise<void>;
}
