import type { InferenceSession } from 'onnxruntime-common';
import { CamError } from '../errors.js';
import { defaultThreads, inNode, onlyInNode } from './environment.js';
import { runtimeError } from './ort-errors.js';
import { QUIET } from './quiet.js';
import type { ModelBytes, OrtSession } from './types.js';

/** An ONNX Runtime session and the name of its runtime. */
export interface Opened {
  readonly runtime: string;
  readonly session: OrtSession;
}

const INSTALL_NODE =
  'Run npm install onnxruntime-node (with ONNXRUNTIME_NODE_INSTALL=skip in the environment), or choose the runtime web';

/** Whether onnxruntime-node is installed and its binary loads here. */
export async function hasNode(): Promise<boolean> {
  return (
    inNode &&
    onlyInNode.ort().then(
      () => true,
      () => false,
    )
  );
}

/**
 * A session of onnxruntime-node on the CPU.
 * @throws {CamError} `backend` outside Node and where the package is missing or does not load; `model`.
 */
export async function openNode(model: ModelBytes, threads?: number): Promise<Opened> {
  const runtime = 'onnxruntime-node cpu';
  if (!inNode)
    throw new CamError('backend', 'runtime node: expected Node, got a browser. Choose the runtime web.');
  const ort = await onlyInNode.ort().catch((cause: unknown) => {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND';
    throw new CamError(
      'backend',
      missing
        ? `runtime node: the package onnxruntime-node is not installed. ${INSTALL_NODE}.`
        : `runtime node: onnxruntime-node does not load here (${String(cause)}). Choose the runtime web.`,
      { cause },
    );
  });
  ort.env.logLevel = 'fatal';
  const session = await ort.InferenceSession.create(model.bytes, {
    ...QUIET,
    executionProviders: ['cpu'],
    intraOpNumThreads: threads ?? (await defaultThreads()),
    ...externalData(model),
  }).catch((cause: unknown) => {
    throw runtimeError(runtime, 'load', cause);
  });
  return { runtime, session };
}

// Where an Add before a Relu joins two convolutions, this fusion removes the result of one, even if it is an
// output of the graph: "Reading data from non-tensor typed value" (1.30; onnxruntime-node is right).
const NO_LOST_OUTPUTS = { optimization: { disable_specified_optimizers: 'ConvAddActivationFusion' } };

// onnxruntime-web starts its threads once, with its first session.
let webThreads: number | undefined;

/**
 * A session of onnxruntime-web's WebAssembly build.
 * @throws {CamError} `option` when another number of threads is fixed already; `model`.
 */
export async function openWeb(model: ModelBytes, threads?: number): Promise<Opened> {
  const runtime = 'onnxruntime-web wasm';
  const ort = await (inNode ? onlyInNode.web() : import('onnxruntime-web/wasm'));
  // A page that may not share memory has one thread, whatever `threads` says.
  const wanted = inNode || globalThis.crossOriginIsolated ? threads : 1;
  const usual = await defaultThreads();
  if (webThreads === undefined) {
    webThreads = wanted ?? usual;
    ort.env.wasm.numThreads = webThreads;
    ort.env.logLevel = 'fatal';
  } else if (wanted !== undefined && wanted !== webThreads) {
    throw new CamError(
      'option',
      `threads: expected ${webThreads} (onnxruntime-web keeps the number of its first session), got ${wanted}. Ask for it before the first session, or in another process.`,
    );
  }
  const session = await ort.InferenceSession.create(model.bytes, {
    ...QUIET,
    extra: NO_LOST_OUTPUTS,
    executionProviders: ['wasm'],
    ...externalData(model),
  }).catch((cause: unknown) => {
    throw runtimeError(runtime, 'load', cause);
  });
  return { runtime, session };
}

export function externalData({
  externalData,
}: ModelBytes): Pick<InferenceSession.SessionOptions, 'externalData'> {
  if (!externalData?.length) return {};
  // The packages strip "./" from the names in `externalData`, but onnxruntime-node does not strip it from
  // those in the model.
  const named = ({ path, data }: { path: string; data: Uint8Array }) =>
    path.startsWith('./')
      ? [
          { path, data },
          { path: `./${path}`, data },
        ]
      : [{ path, data }];
  return { externalData: externalData.flatMap(named) };
}
