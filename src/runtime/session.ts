import { type OnnxValue, Tensor } from 'onnxruntime-common';
import { CamError } from '../errors.js';
import { checkpoint } from './checkpoint.js';
import { type DeviceRows, type Feeds, type HostTensor, joinRows, planChunks } from './chunks.js';
import { fromOutputType } from './convert.js';
import { DeviceTensors } from './device.js';
import { readInputs, toFeeds } from './feeds.js';
import type { Lock } from './lock.js';
import { runtimeError } from './ort-errors.js';
import { QUIET } from './quiet.js';
import {
  type AnyFeed,
  type InputInfo,
  isDeviceTensor,
  type OrtSession,
  type Output,
  type RunOptions,
  type RuntimeTensor,
  type Session,
} from './types.js';

type Outputs = Record<string, Output>;

/** What a session on a GPU also needs. */
export interface GpuShare {
  readonly device: GPUDevice;
  /** Held around every call into ONNX Runtime. */
  readonly lock: Lock;
  /** Loads the model again; called with the lock held. */
  reopen(): Promise<OrtSession>;
}

/**
 * Wraps a session of ONNX Runtime as our `Session`.
 * @throws {CamError} `model` for inputs that are not tensors of numbers, and for an output that cannot be
 *   read.
 */
export async function wrapSession(runtime: string, session: OrtSession, gpu?: GpuShare): Promise<Session> {
  try {
    if (session.outputNames.includes(UNREADABLE))
      throw new CamError(
        'model',
        `tensor "${UNREADABLE}": expected a name that ONNX Runtime's JavaScript interface can return, got one that means an object's prototype there. Rename the tensor.`,
      );
    return new WrappedSession(runtime, session, gpu);
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** ONNX Runtime collects outputs in plain objects; these cannot hold an output of this name. */
const UNREADABLE = '__proto__';

class WrappedSession implements Session {
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly string[];
  readonly device: GPUDevice | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly #onDevice: DeviceTensors | undefined;
  /** All sessions to release. The last one runs, unless it failed. */
  readonly #sessions: OrtSession[];
  #failed = false;
  #lost: string | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    readonly runtime: string,
    session: OrtSession,
    private readonly gpu: GpuShare | undefined,
  ) {
    this.inputs = readInputs(session.inputMetadata);
    this.outputs = [...session.outputNames];
    this.device = gpu?.device;
    this.#sessions = [session];
    this.#onDevice = gpu && new DeviceTensors(gpu.device, gpu.lock);
    void gpu?.device.lost.then(({ reason, message }) => {
      this.#lost = message || reason;
    });
  }

  async run(feeds: Readonly<Record<string, AnyFeed>>, options: RunOptions = {}): Promise<Outputs> {
    if (this.#closed)
      throw new CamError('model', 'session: expected an open one, got one that was disposed.');
    const result = this.#run(feeds, options);
    this.#running.add(result);
    return result.finally(() => this.#running.delete(result));
  }

  async #run(
    feeds: Readonly<Record<string, AnyFeed>>,
    { signal, outputs = this.outputs }: RunOptions,
  ): Promise<Outputs> {
    const unknown = outputs.find((name) => !this.outputs.includes(name));
    if (unknown !== undefined)
      throw new CamError('option', `outputs: expected some of ${list(this.outputs)}, got "${unknown}".`);
    const tensors = toFeeds(this.inputs, feeds, this.#onDevice !== undefined);
    const plan = planChunks(this.inputs, tensors);
    if (!plan) return this.#forward(tensors, outputs, signal);

    const passes: Outputs[] = [];
    try {
      for (const chunk of plan.chunks) passes.push(await this.#forward(chunk.feeds, outputs, signal));
      return Object.fromEntries(
        outputs.map((name) => {
          const parts = passes.map((pass) => pass[name]);
          const onDevice = parts.filter(isDeviceTensor);
          if (onDevice.length && this.#onDevice) return [name, this.#onDevice.join(name, onDevice, plan)];
          return [name, joinRows(name, parts.filter(isHostTensor), plan)];
        }),
      );
    } catch (error) {
      for (const part of passes.flatMap((pass) => Object.values(pass)))
        if (isDeviceTensor(part)) part.dispose();
      throw error;
    }
  }

  async #forward(
    feeds: Feeds,
    outputs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Outputs> {
    const forward = async (): Promise<Outputs> => {
      await checkpoint(signal);
      const session = await this.#working();
      const copies: GPUBuffer[] = [];
      const ort = Object.fromEntries(
        Array.from(feeds, ([name, tensor]) => [name, this.#toOrt(name, tensor, copies)]),
      );
      const running = session.run(ort, this.#fetched(outputs), QUIET).finally(() => {
        for (const copy of copies) copy.destroy();
      });
      const results = await running.catch((cause: unknown) => {
        this.#failed = true;
        if (this.#lost !== undefined)
          throw new CamError(
            'gpu',
            `${this.runtime}: the GPU device was lost (${this.#lost}). Open a new one, or run the model on the CPU.`,
            { cause },
          );
        throw runtimeError(this.runtime, 'run', cause);
      });
      const read = outputs.map(async (name) => [name, await this.#read(name, results[name])] as const);
      return Object.fromEntries(await Promise.all(read));
    };
    return this.gpu ? this.gpu.lock.run(forward) : forward();
  }

  /**
   * The outputs to request from ONNX Runtime. onnxruntime-node looks names up in a plain object, and so finds
   * a `constructor` that nobody requested. If a model has such a name, all outputs are requested.
   */
  #fetched(outputs: readonly string[]): readonly string[] {
    return !this.gpu && this.outputs.some((name) => name in {}) ? this.outputs : outputs;
  }

  /** @param copies  Collects the buffers that were made only for this pass. */
  #toOrt(name: string, tensor: HostTensor | DeviceRows, copies: GPUBuffer[]): Tensor {
    const { dtype, shape } = tensor;
    if (!('buffer' in tensor)) return new Tensor(dtype, tensor.data, shape);
    const { buffer, part } = tensor;
    const copy = part && this.#onDevice?.copyRows(name, tensor, part);
    if (copy) copies.push(copy);
    return Tensor.fromGpuBuffer(copy ?? buffer, { dataType: 'float32', dims: shape });
  }

  /**
   * A session that can run. When an operator throws on a GPU, ONNX Runtime never releases its own lock, and
   * the session's next run would block the thread. So the session is replaced; the old one is kept for the
   * tensors that it still owns.
   */
  async #working(): Promise<OrtSession> {
    if (this.gpu && this.#failed) {
      this.#sessions.push(await this.gpu.reopen());
      this.#failed = false;
    }
    return this.#sessions[this.#sessions.length - 1];
  }

  async #read(name: string, value: OnnxValue): Promise<Output> {
    if (value.location === 'gpu-buffer' && value.type === 'float32' && this.#onDevice)
      return this.#onDevice.adopt(value);
    const data = value.location === 'cpu' ? value.data : await value.getData(true);
    return { ...fromOutputType(name, value.type, data), shape: value.dims };
  }

  dispose(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  async #release(): Promise<void> {
    await Promise.allSettled(this.#running);
    // Before the session: a tensor that outlives its session cannot be freed.
    this.#onDevice?.disposeAll();
    for (const session of this.#sessions) {
      const release = () => session.release();
      await (this.gpu ? this.gpu.lock.run(release) : release());
    }
  }
}

const isHostTensor = (output: Output): output is RuntimeTensor => !isDeviceTensor(output);

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
