/** Values that are computed when they are first read. */

type Computed<T> = { readonly value: T } | { readonly error: unknown };

/** `make()`, computed once: a value, or the same error each time. */
export function once<T>(make: () => T): () => T {
  let outcome: Computed<T> | undefined;
  return () => {
    outcome ??= attempt(make);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
}

/** `make(key)`, computed once per key. */
export function oncePerKey<K, T>(make: (key: K) => T): (key: K) => T {
  const known = new Map<K, () => T>();
  return (key) => {
    const read = known.get(key) ?? once(() => make(key));
    known.set(key, read);
    return read();
  };
}

function attempt<T>(make: () => T): Computed<T> {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
}
