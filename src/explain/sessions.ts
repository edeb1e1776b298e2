import type { Backend } from '../backends/backend.js';
import type { WebGpuBackend } from '../backends/webgpu.js';
import { CamError } from '../errors.js';
import type { PictureInput } from '../onnx/picture.js';
import { type AnyFeed, type ModelBytes, openSession, type Session } from '../runtime/index.js';
import { writeBack } from './layout.js';
import type { ExplainerOptions, ModelFile } from './options.js';

/**
 * Opens a session of (a part of) the model; float32 outputs named in `keepOnDevice` stay on a GPU that runs
 * it.
 */
export type Opener = (model: ModelBytes, keepOnDevice: readonly string[]) => Promise<Session>;

/**
 * @param picture  The model's input, which is fed `[n, C, H, W]` whatever the model takes.
 * @param opened   Takes every session that was opened, for whoever has to clean up.
 */
export function sessionOpener(
  file: ModelFile,
  picture: PictureInput,
  backend: Backend,
  { runtime = 'auto', threads, sessionFactory }: ExplainerOptions,
  opened: Session[],
): Opener {
  const gpu = backend.name === 'webgpu' ? (backend as WebGpuBackend).gpu : undefined;
  // A software adapter is right but slower than the CPU runtime, so that only kernels run there unless asked
  // otherwise.
  const onGpu = gpu && !sessionFactory && (runtime === 'webgpu' || (runtime === 'auto' && !gpu.software));
  const open = async (model: ModelBytes, keepOnDevice: readonly string[]): Promise<Session> => {
    const bytes = { ...model, externalData: [...(model.externalData ?? []), ...(file.externalData ?? [])] };
    if (!onGpu) return openSession(bytes, { runtime, threads, sessionFactory });
    try {
      return await openSession(bytes, { runtime: 'webgpu', device: gpu.device, keepOnDevice });
    } catch (error) {
      // Where ONNX Runtime's provider cannot be had, activations of the CPU runtime are uploaded; results
      // name it.
      if (runtime === 'webgpu' || !(error instanceof CamError && error.code === 'backend')) throw error;
      return openSession(bytes, { runtime, threads });
    }
  };
  return async (model, keepOnDevice) => {
    const session = await open(model, keepOnDevice);
    opened.push(session);
    return picture.channelsLast ? turningPictures(session, picture.name) : session;
  };
}

/** The session, fed pictures `[n, C, H, W]` that the model takes as `[n, H, W, C]`. */
function turningPictures(session: Session, input: string): Session {
  const turned = (feed: AnyFeed): AnyFeed => {
    if (!('data' in feed) || !(feed.data instanceof Float32Array))
      throw new CamError('input', `input "${input}": expected float32 values on the host.`);
    const [n, channels, height, width] = feed.shape;
    const extent = { channels, height, width, prefix: 0 };
    const size = channels * height * width;
    const data = new Float32Array(feed.data.length);
    for (let at = 0; at < n; at++)
      writeBack(feed.data.subarray(at * size), extent, data.subarray(at * size, (at + 1) * size));
    return { data, shape: [n, height, width, channels] };
  };
  return {
    runtime: session.runtime,
    inputs: session.inputs,
    outputs: session.outputs,
    // Pictures are turned on the host.
    device: undefined,
    run: (feeds, options) =>
      session.run(input in feeds ? { ...feeds, [input]: turned(feeds[input]) } : feeds, options),
    dispose: () => session.dispose(),
  };
}

/** The backend, where the session shares its device: each takes the other's tensors without copying. */
export function sharing(backend: Backend, { device }: Session): WebGpuBackend | undefined {
  const gpu = backend.name === 'webgpu' ? (backend as WebGpuBackend) : undefined;
  return gpu?.gpu.device === device ? gpu : undefined;
}
