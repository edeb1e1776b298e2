/**
 * Runs tasks one after the other, in the order in which they were asked for; a failed one does not stop the
 * rest. Needed because two calls into ONNX Runtime's WebGPU build at a time never return.
 */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
