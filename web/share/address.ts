/** The page's address: what is chosen gets an entry of its own, so that Back leads to the choice before. */
import { difference, formatState, type PageState, type ReadState, readState } from './page-state.js';

/** What a slider moves: no entry for each of its steps. */
const sliders: readonly (keyof PageState)[] = ['opacity', 'cover'];
/** Browsers take about 200 changes of the address in half a minute. */
const PAUSE = 250; // milliseconds

export class Address {
  #written: PageState = {};
  #opening = 0;
  /** Until it was, what the page begins with must not take its place. */
  #wasRead = false;
  #later: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param start  How the page begins: what an address need not say.
   * @param show   Shows what an address says; rejects nothing, for what cannot be shown it says itself.
   * @param now    What the page shows, field by field, also those that are as at the start.
   */
  constructor(
    private readonly start: PageState,
    private readonly show: (read: ReadState) => Promise<void>,
    private readonly now: () => PageState,
  ) {
    addEventListener('popstate', () => void this.read());
  }

  /** Shows what the address says. Then the address says what is shown, also where that is something else. */
  read(): Promise<void> {
    return this.open(readState(location.hash));
  }

  /** Shows this as if the address had said it. */
  async open(read: ReadState): Promise<void> {
    this.#opening++;
    this.#wasRead = true;
    clearTimeout(this.#later);
    try {
      await this.show(read);
    } finally {
      this.#opening--;
      if (!this.isOpening) this.#write('replaceState');
    }
  }

  /** Whether changes are steps on the way to what the address says, which must not be written into it. */
  get isOpening(): boolean {
    return this.#opening > 0 || !this.#wasRead;
  }

  /** To be called when something that stands in the address has changed. */
  changed(): void {
    if (this.isOpening) return;
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
