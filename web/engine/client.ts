/** The page's side of the worker: questions in, promises out. */
import type { Answers, FromWorker, PictureRequest, Progress, Request, ToWorker } from './protocol.js';

interface Waiting {
  resolve(value: Answers[keyof Answers]): void;
  reject(error: unknown): void;
  progress?(progress: Progress): void;
}

export interface AskOptions {
  /** Aborted, the worker stops between two passes of the model, and the promise rejects at once. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** An error of the worker; `code` where the package says which kind it is. */
export class EngineError extends Error {
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

export class Engine {
  readonly #worker = new Worker(new URL('./engine.js', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  /** The picture that the worker has. */
  #picture: number | undefined;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      const waiting = this.#waiting.get(data.id);
      if ('progress' in data) return waiting?.progress?.(data.progress);
      this.#waiting.delete(data.id);
      if ('failure' in data) waiting?.reject(new EngineError(data.failure.message, data.failure.code));
      else waiting?.resolve(data.value);
    });
    this.#worker.addEventListener('error', ({ message }) => {
      const error = new EngineError(
        `The page's worker stopped (${message || 'it could not be loaded'}). Reload the page.`,
      );
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @throws {EngineError} What the worker says; the signal's reason once it is aborted. */
  ask<K extends Request['kind']>(
    request: Request & { readonly kind: K },
    { signal, onProgress }: AskOptions = {},
  ): Promise<Answers[K]> {
    const id = this.#next++;
    return new Promise<Answers[K]>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        this.#waiting.delete(id);
        this.#send({ cancel: id });
        reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener('abort', stop);
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.set(id, {
        resolve: (value) => {
          settled();
          resolve(value as Answers[K]); // the worker answers what it was asked
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        progress: onProgress,
      });
      this.#send({ id, request: this.#once(request) });
    });
  }

  /** The request without the pixels that the worker has already. */
  #once(request: Request): Request {
    if (request.kind === 'open')
      return request.first
        ? { ...request, first: { ...request.first, picture: this.#known(request.first.picture) } }
        : request;
    return 'picture' in request ? { ...request, picture: this.#known(request.picture) } : request;
  }

  #known({ id, pixels }: PictureRequest): PictureRequest {
    if (this.#picture === id) return { id };
    this.#picture = id;
    return { id, pixels };
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
