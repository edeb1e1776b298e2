import type {
  Answers,
  BakeRequest,
  Envelope,
  Explained,
  ExplainRequest,
  Opened,
  OpenRequest,
  Reply,
  Request,
} from './protocol.js';
import type { Baked } from './share/baked.js';

interface Waiting {
  resolve(value: Answers[keyof Answers]): void;
  reject(error: Error): void;
}

/** The worker's side of the page: questions in, promises out. */
export class Engine {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('failure' in data) waiting?.reject(new Error(data.failure.message));
      else waiting?.resolve(data.value);
    });
    this.#worker.addEventListener('error', ({ message }) => {
      const error = new Error(`The worker stopped: ${message || 'it could not be loaded'}. Reload the page.`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  open(request: Omit<OpenRequest, 'kind'>): Promise<Opened> {
    return this.#ask<'open'>({ ...request, kind: 'open' });
  }

  explain(request: Omit<ExplainRequest, 'kind'>): Promise<Explained> {
    return this.#ask<'explain'>({ ...request, kind: 'explain' });
  }

  bake(request: Omit<BakeRequest, 'kind'>): Promise<Baked> {
    return this.#ask<'bake'>({ ...request, kind: 'bake' });
  }

  #ask<K extends keyof Answers>(request: Request & { kind: K }): Promise<Answers[K]> {
    const envelope: Envelope = { id: this.#next++, request };
    return new Promise<Answers[K]>((resolve, reject) => {
      this.#waiting.set(envelope.id, {
        resolve: (value) => resolve(value as Answers[K]), // the worker answers what it was asked
        reject,
      });
      this.#worker.postMessage(envelope);
    });
  }
}
