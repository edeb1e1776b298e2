import { CamError } from '../errors.js';
import { externalData, hasNode, openNode, openWeb } from './cpu.js';
import { inNode } from './environment.js';
import { runtimeError } from './ort-errors.js';
import { QUIET } from './quiet.js';
import { wrapSession } from './session.js';
import type {
  ModelBytes,
  OrtSession,
  RuntimeName,
  Session,
  SessionFactory,
  SessionOptions,
} from './types.js';
import { openWebGpu, WEBGPU, webGpuLock } from './webgpu.js';

/**
 * Loads a model, ready to run. Only `auto` chooses; `Session.runtime` says which runtime it chose.
 *
 * @throws {CamError} `backend` when the runtime is not available here, with what to install; `model` when the
 *   runtime refuses the model; `option`.
 */
export async function openSession(model: ModelBytes, options: SessionOptions = {}): Promise<Session> {
  const { device, keepOnDevice = [], threads, sessionFactory } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new CamError('option', `threads: expected an integer from 1 on, got ${threads}.`);
  if (sessionFactory) {
    const open = () => openWith(sessionFactory, model);
    const gpu = device && { device, lock: webGpuLock, reopen: open };
    return wrapSession(FACTORY, await (gpu ? gpu.lock.run(open) : open()), gpu);
  }

  const name = await choose(options.runtime ?? 'auto', device);
  switch (name) {
    case 'webgpu': {
      if (!device)
        throw new CamError(
          'option',
          "runtime webgpu: expected a GPU device to share, got none. Pass the backend's device.",
        );
      const open = () => openWebGpu(model, device, keepOnDevice);
      return wrapSession(WEBGPU, await webGpuLock.run(open), { device, lock: webGpuLock, reopen: open });
    }
    case 'node':
    case 'web': {
      const { runtime, session } = await (name === 'node' ? openNode : openWeb)(model, threads);
      return wrapSession(runtime, session);
    }
    default:
      throw new CamError(
        'option',
        `runtime: expected 'auto', 'node', 'web' or 'webgpu', got '${String(name satisfies never)}'.`,
      );
  }
}

async function choose(
  name: RuntimeName,
  device: GPUDevice | undefined,
): Promise<Exclude<RuntimeName, 'auto'>> {
  if (name !== 'auto') return name;
  if (device && !inNode) return 'webgpu';
  return (await hasNode()) ? 'node' : 'web';
}

const FACTORY = 'session factory';

async function openWith(factory: SessionFactory, model: ModelBytes): Promise<OrtSession> {
  return factory.create(model.bytes, { ...QUIET, ...externalData(model) }).catch((cause: unknown) => {
    throw runtimeError(FACTORY, 'load', cause);
  });
}
