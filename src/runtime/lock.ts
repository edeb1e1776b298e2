/**
 * Runs tasks one after the other, in the order of the calls. A task that fails does not stop the rest. Needed
 * because two concurrent calls into ONNX Runtime's WebGPU build never return.
 */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
