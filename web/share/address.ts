/** The page's address: what is chosen gets an entry of its own, so that Back leads to the choice before. */
import { difference, formatState, type PageState, type ReadState, readState } from './page-state.js';

/** What a slider moves: no entry for each of its steps. */
const sliders: readonly (keyof PageState)[] = ['opacity', 'cover'];
/** Browsers take about 200 changes of the address in half a minute. */
const PAUSE = 250; // milliseconds

export class Address {
  #written: PageState = {};
  #opening = 0;
  #later: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param start  How the page begins: what an address need not say.
   * @param open   Shows what an address says; rejects nothing, for what cannot be shown it says itself.
   * @param now    What the page shows, field by field, also those that are as at the start.
   */
  constructor(
    private readonly start: PageState,
    private readonly open: (read: ReadState) => Promise<void>,
    private readonly now: () => PageState,
  ) {
    addEventListener('popstate', () => void this.read());
  }

  /** Shows what the address says. Then the address says what is shown, also where that is something else. */
  async read(): Promise<void> {
    this.#opening++;
    clearTimeout(this.#later);
    try {
      await this.open(readState(location.hash));
    } finally {
      this.#opening--;
      if (this.#opening === 0) this.#write('replaceState');
    }
  }

  /** To be called when something that stands in the address has changed. */
  changed(): void {
    if (this.#opening > 0) return; // on the way to what the address says
    clearTimeout(this.#later);
    const differs = Object.keys(difference(this.now(), this.#written));
    if (differs.some((field) => !sliders.some((one) => one === field))) this.#write('pushState');
    else this.#later = setTimeout(() => this.#write('replaceState'), PAUSE);
  }

  #write(how: 'pushState' | 'replaceState'): void {
    this.#written = this.now();
    const hash = formatState(difference(this.#written, this.start));
    if (hash !== location.hash) history[how](null, '', hash || location.pathname + location.search);
  }
}
