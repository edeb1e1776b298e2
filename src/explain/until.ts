/**
 * The items, until the signal is aborted: then its reason is thrown, also while the next item is waited for.
 */
export async function* until<T>(
  items: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  if (!signal) {
    yield* items;
    return;
  }
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  try {
    for (;;) {
      const next = await beforeAbort(signal, () => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: the item that it is to give next may never come.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** What the task gives, or the signal's reason, whichever comes first. */
function beforeAbort<T>(signal: AbortSignal, task: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop);
    Promise.resolve(task())
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
