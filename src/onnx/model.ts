/** An ONNX model as plain data. Views into the file's bytes, nothing copied, nothing run. */

/** Element types in the order of their ONNX codes; `undefined` is code 0. */
export const dataTypes = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
] as const;

export type DataType = (typeof dataTypes)[number];

/** A length: known, named (`'batch'`), or unknown. */
export type Dim = number | string | undefined;
export type Shape = readonly Dim[];

/**
 * Name, type and shape of a tensor in the file. `dtype` is missing for sequences and maps, `shape` where the
 * file has none.
 */
export interface ValueInfo {
  readonly name: string;
  readonly dtype?: DataType;
  readonly shape?: Shape;
}

/**
 * Values as stored: one element per number. `bool` comes as bytes, `float16` and `bfloat16` as their 16 bits,
 * complex numbers as pairs, types narrower than a byte as the packed bytes.
 */
export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * Where a tensor's values lie when they are not in the model file. Bytes; `length` missing means to the end
 * of the file.
 */
export interface ExternalLocation {
  readonly location: string;
  readonly offset: number;
  readonly length?: number;
}

/** A constant of the model: an initialiser, or the value of a tensor attribute. */
export interface ConstantTensor {
  readonly name: string;
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly external?: ExternalLocation;
  /** The TensorProto as it lies in the file: a view. */
  readonly proto: Uint8Array;
  /**
   * The values, row-major. A view where they lie aligned in the file, else a fresh copy at each call.
   * @throws {CamError} `model` for string tensors, external values that were not given, and sizes that
   *   contradict `dims`.
   */
  data(): TensorValues;
}

/**
 * Integers are numbers: beyond ±2^53 they lose low bits, and 2^63 - 1 reads as 2^63 (the writer saturates it
 * back).
 */
export type Attribute =
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'tensor'; readonly value: ConstantTensor }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensors'; readonly value: readonly ConstantTensor[] }
  | { readonly type: 'graphs'; readonly value: readonly Graph[] }
  /**
   * Sparse tensors, type protos and references of local functions: the AttributeProto as it lies in the file.
   */
  | { readonly type: 'opaque'; readonly value: Uint8Array };

/** One operation. An empty input or output name marks an optional one that is left out. */
export interface Node {
  readonly name: string;
  readonly opType: string;
  /** `''` is ONNX's own domain (`ai.onnx`). */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Of a call: which of several local functions of that name. */
  readonly overload?: string;
}

export interface Graph {
  readonly name: string;
  /** In file order, which ONNX requires to be topological. */
  readonly nodes: readonly Node[];
  /** Inputs without an initialiser of the same name. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, ConstantTensor>;
  /** Types and shapes in the file: of intermediate tensors, inputs and outputs. */
  readonly valueInfo: ReadonlyMap<string, ValueInfo>;
  /** SparseTensorProto of each sparse initialiser: views. */
  readonly sparseInitializers: ReadonlyMap<string, Uint8Array>;
}

/** A function that the file defines; those that the graph calls are inlined when the file is read. */
export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  /** Values of attributes that a call leaves out. */
  readonly defaults: ReadonlyMap<string, Attribute>;
  /** Version by domain that its nodes are written in. */
  readonly opsets: ReadonlyMap<string, number>;
  /** The FunctionProto as it lies in the file: a view. */
  readonly proto: Uint8Array;
}

export interface Model {
  /** The name that messages use: a file name, or `model`. */
  readonly name: string;
  /** The whole file, not copied. */
  readonly bytes: Uint8Array;
  readonly irVersion: number;
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  /** Version by domain; `''` is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly graph: Graph;
  readonly metadata: ReadonlyMap<string, string>;
  readonly functions: readonly LocalFunction[];
  /** Sentences to show: what was read but may be misread. */
  readonly notices: readonly string[];
  /** Options for its scores. */
  readonly scoring?: Scoring;
  /** Inputs besides the picture that values are given for. */
  readonly furtherInputs?: readonly string[];
}

/** The function from scores to probabilities; `none` where they are probabilities already. */
export type Activation = 'softmax' | 'sigmoid' | 'none';

/** Options for a model's scores; what is missing is read from the graph. */
export interface Scoring {
  /** The graph output that holds them. */
  readonly output?: string;
  readonly activation?: Activation;
  /** The file that states it, which the graph overrules. Missing: the user stated it. */
  readonly activationSource?: string;
  /** How many labels there are. */
  readonly labels?: number;
  /** The name of `output` before labelling operators were removed, and the labels that they held. */
  readonly graphOutput?: string;
  readonly graphLabels?: readonly string[];
  /**
   * True where `output` holds scores at each position of a map (CALM's f), from which class scores are
   * computed.
   */
  readonly positions?: boolean;
  /** What `output` holds where it is no class scores: then it is explained as it is, `[n, D]`. */
  readonly answer?: Answer;
  /** Sentences on the choice of an answer's output. */
  readonly remarks?: readonly string[];
}

/**
 * What a model's output is asked for, where it is not the score of a class: one of its numbers, the pixels of
 * a class, detections, its likeness to an embedding, or a function of several outputs.
 */
export type Answer = 'value' | 'pixels' | 'box' | 'like' | 'outputs';

/** A tensor that may serve as target layer. */
export interface Layer {
  readonly name: string;
  /** Operator that makes it. */
  readonly opType: string;
  /** `[n, K, h, w]` as far as it is known. */
  readonly shape: Shape;
  readonly isOutput: boolean;
}

export type Normalisation = 'Softmax' | 'LogSoftmax' | 'Sigmoid';

/** What a model's scores are, and what they mean. */
export interface Scores {
  /** The graph output that holds the scores. */
  readonly graphOutput: string;
  /**
   * The tensor that holds one score per class, or one logit for two classes: a graph output, or the tensor
   * that labels are computed from.
   */
  readonly output: string;
  /** The scores before a final normalisation; `output` itself where there is none. */
  readonly logits: string;
  /** The function from `logits` to `output`, as one operator or composed of simpler ones. */
  readonly normalisation?: Normalisation;
  /** The function from `output` to probabilities. */
  readonly activation: Activation;
  /**
   * True where neither the graph nor the user states the activation: it is `none` where all values seen are
   * probabilities.
   */
  readonly guessed: boolean;
  /** `output` divided by the probabilities; 1 except for `none`. */
  readonly scale: number;
  /** Where `logits` are one column, and `output` may be two: the score of class c is `signs[c] · logit`. */
  readonly signs?: readonly [number, number];
  /** True where `output` has no batch axis: a pass takes one image. */
  readonly onePerPass: boolean;
  /** Labels in the graph, one per class. */
  readonly labels?: readonly string[];
  /** What is explained in place of class scores: `output` is a matrix of numbers, `logits` the same. */
  readonly answer?: Answer;
  /** Sentences to show: a choice among several outputs, or what is unusual. */
  readonly remarks: readonly string[];
}

/** What the model computes from a target layer to the class scores. */
export interface Tail extends Scores {
  /**
   * - `gap-linear`: global average pooling, then one linear layer (in either order): scores = W · mean(A) +
   *   b.
   * - `class-map`: global average pooling of the layer itself, whose channels are the classes.
   * - `other`: anything else.
   */
  readonly kind: 'gap-linear' | 'class-map' | 'other';
  readonly layer: string;
  /** Every node between the layer and `logits`, in graph order. */
  readonly nodes: readonly Node[];
  /** Only of `gap-linear`. */
  readonly classifier?: Classifier;
}

/** The linear layer of a `gap-linear` tail. */
export interface Classifier {
  /** Name of the constant that holds the weights. */
  readonly weight: string;
  /** How it is stored: `[C, K]` (a 1×1 convolution's `[C, K, 1, 1]` included) or `[K, C]`. */
  readonly layout: 'CK' | 'KC';
  readonly bias?: string;
  /** Factors on weights and bias (Gemm's `alpha`, `beta`). */
  readonly alpha: number;
  readonly beta: number;
  /**
   * Of integer weights: the names of their scale and zero point, one number each or one per class of
   * `[K, C]`. The layer's input is rounded, too.
   */
  readonly quantised?: { readonly scale: string; readonly zeroPoint?: string };
}
