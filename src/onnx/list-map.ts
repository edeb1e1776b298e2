/** A map whose keys are lists; lists with the same elements are one key. */

interface Branch<E, V> {
  /** What the list that ends here stands for. */
  value?: V;
  /** Longer lists, by their next element. */
  readonly longer: Map<E, Branch<E, V>>;
}

export class ListMap<E, V> {
  readonly #root: Branch<E, V> = { longer: new Map() };

  /** The value of the list, made where it has none yet. */
  get(list: readonly E[], make: () => V): V {
    let branch = this.#root;
    for (const element of list) {
      let next = branch.longer.get(element);
      if (!next) {
        next = { longer: new Map() };
        branch.longer.set(element, next);
      }
      branch = next;
    }
    branch.value ??= make();
    return branch.value;
  }
}
