/**
 * What the page works on: model, settings, picture and the answer to them. Knows the worker, not the
 * document.
 */
import type { ModelFile, ModelSettings } from '../src/index.js';
import { Engine } from './engine.js';
import type { Shown } from './picture.js';
import type { Compute, Explained, Opened } from './protocol.js';
import { latest } from './state/latest.js';

export interface LoadedModel {
  readonly file: ModelFile;
  readonly settings: ModelSettings;
}

export interface Choices {
  readonly model: LoadedModel;
  readonly methods: readonly string[];
  /** Missing: chosen by the package. */
  readonly layer?: string;
  readonly compute: Compute;
}

/** One picture, explained. */
export interface Answer extends Explained {
  readonly opened: Opened;
  readonly choices: Choices;
  readonly shown: Shown;
  /** When this was asked for (a drop, a click), by `performance.now()`. */
  readonly arrived: number;
}

export class Session {
  readonly #engine = new Engine();
  #wanted: Choices;
  #open: { readonly choices: Choices; readonly opened: Opened } | undefined;
  #shown: { readonly shown: Shown; readonly arrived: number } | undefined;
  #target: number | 'predicted' = 'predicted';
  readonly #update = latest(() => this.#run());

  /** @param answered  Gets every answer. */
  constructor(
    choices: Choices,
    private readonly answered: (answer: Answer) => void,
  ) {
    this.#wanted = choices;
  }

  /** What is wanted now; what does not open is taken back. */
  get choices(): Choices {
    return this.#wanted;
  }

  /** @throws {Error} when it does not open; then all is as before. */
  async choose(change: Partial<Choices>): Promise<void> {
    this.#wanted = { ...this.#wanted, ...change };
    if (change.model) this.#target = 'predicted';
    this.#askAgain();
    await this.#update();
  }

  /** @param arrived  When it came, by `performance.now()`. */
  async look(shown: Shown, arrived: number): Promise<void> {
    // A camera's frames keep the class that was chosen; another picture begins anew.
    if (shown.stem !== this.#shown?.shown.stem) this.#target = 'predicted';
    this.#shown = { shown, arrived };
    await this.#update();
  }

  async explainClass(index: number): Promise<void> {
    this.#target = index;
    this.#askAgain();
    await this.#update();
  }

  /** The picture that is there counts as come now. */
  #askAgain(): void {
    if (this.#shown) this.#shown = { ...this.#shown, arrived: performance.now() };
  }

  async #run(): Promise<void> {
    if (this.#open?.choices !== this.#wanted) await this.#reopen();
    const [open, picture] = [this.#open, this.#shown];
    if (!open || !picture) return;
    const explained = await this.#engine.explain({ picture: picture.shown.picture, target: this.#target });
    this.answered({ ...explained, ...open, ...picture });
  }

  async #reopen(): Promise<void> {
    const choices = this.#wanted;
    const { model, methods, layer, compute } = choices;
    const file = model.file === this.#open?.choices.model.file ? undefined : model.file;
    try {
      const opened = await this.#engine.open({
        model: file,
        methods,
        layer,
        compute,
        settings: model.settings,
      });
      this.#open = { choices, opened };
    } catch (error) {
      if (this.#open && this.#wanted === choices) this.#wanted = this.#open.choices;
      throw error;
    }
  }
}
