/** A link opens the page as it was when the link was made, as far as that can be. */
import { Address } from './address.js';
import type { PageState, ReadState } from './page-state.js';

/** What a link needs of the page. */
export interface Controls {
  /** What is shown, field by field, also those that are as at the start. */
  now(): PageState;
  /** Shows a sample, or a picture that was dropped. @returns Whether there is one of this name. */
  showPicture(name: string): Promise<boolean>;
  /**
   * Opens a model that was dropped.
   * @param name  Missing: the bundled one.
   * @returns Whether there is one of this name.
   */
  openModel(name: string | undefined): Promise<boolean>;
  /** Of the model that is open. */
  limits(): { readonly classes: number; readonly layers: readonly string[] };
  /** Sets all but picture and model. */
  set(state: Omit<PageState, 'picture' | 'model'>): Promise<void>;
  say(text: string): void;
}

export class Link {
  readonly #address: Address;
  /** What the last link asked for, while files for it are missing. */
  #wanted: PageState | undefined;
  #turn = 0;

  /** @param start  How the page begins. */
  constructor(
    private readonly start: PageState,
    private readonly controls: Controls,
  ) {
    this.#address = new Address(
      start,
      (read) => this.#open(read),
      () => this.#wanted ?? controls.now(),
    );
  }

  /** Opens the page's own address. */
  read(): Promise<void> {
    return this.#address.read();
  }

  /** To be called when something changed that a link says. */
  changed(): void {
    if (this.#address.isOpening) return;
    const { picture, model } = this.controls.now();
    // A file that the link waits for is a step on the way to it.
    const isWanted = this.#wanted && (picture === this.#wanted.picture || model === this.#wanted.model);
    if (isWanted) return;
    this.#wanted = undefined;
    this.#address.changed();
  }

  /** To be called when files have come: the last link may have waited for one of them. */
  async arrived(names: readonly string[]): Promise<void> {
    const wanted = this.#wanted;
    if (!wanted || !names.some((name) => name === wanted.picture || name === wanted.model)) return;
    await this.#address.open({ state: wanted, problems: [] });
  }

  async #open({ state, problems }: ReadState): Promise<void> {
    const turn = ++this.#turn; // the newest link counts
    const isOver = () => turn !== this.#turn;
    const wanted = { ...this.start, ...state };
    const { picture, model, ...rest } = wanted;
    const hasModel = await this.controls.openModel(model);
    if (isOver()) return;
    const hasPicture = picture === undefined || (await this.controls.showPicture(picture));
    if (isOver()) return;
    const said = [...problems];
    await this.controls.set(hasModel ? this.#fitting(rest, said) : withoutModel(rest));
    if (isOver()) return;
    const missing = [hasPicture ? undefined : picture, hasModel ? undefined : model].filter((name) => name);
    this.#wanted = missing.length > 0 ? wanted : undefined;
    if (missing.length > 0)
      said.push(
        `This link is about ${missing.join(' and ')}. Drop ${missing.length > 1 ? 'them' : 'it'} here again to see it.`,
      );
    if (said.length > 0) this.controls.say(said.join(' '));
  }

  /** Without what the model does not have, which is said. */
  #fitting(state: PageState, said: string[]): PageState {
    const { classes, layers } = this.controls.limits();
    const known = <T>(index: T, otherwise: T): T => {
      if (typeof index !== 'number' || index < classes) return index;
      said.push(`The model has no class ${index}: its last is ${classes - 1}.`);
      return otherwise;
    };
    const { classA, classB, layer } = state;
    const hasLayer = layer === undefined || layers.includes(layer);
    if (!hasLayer) said.push(`The model has no layer "${layer}".`);
    return {
      ...state,
      classA: known(classA, this.start.classA),
      classB: known(classB, this.start.classB),
      layer: hasLayer ? layer : undefined,
    };
  }
}

/** What says something of any model. */
const withoutModel = ({ classA: _, classB: __, layer: ___, ...rest }: PageState): PageState => rest;
