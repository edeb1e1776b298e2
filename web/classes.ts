import { make } from './dom.js';
import type { ClassShare } from './protocol.js';

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/**
 * The five most probable classes as radio buttons; the one that is explained is checked. Rows are kept from
 * call to call, so that the focus stays where it is while a camera runs.
 */
export class ClassList {
  readonly #rows: { row: HTMLElement; radio: HTMLInputElement; name: HTMLElement; share: HTMLElement }[] = [];

  constructor(
    private readonly list: HTMLElement,
    chosen: (index: number) => void,
  ) {
    list.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement) chosen(Number(target.value));
    });
  }

  show(top: readonly ClassShare[], target: number): void {
    while (this.#rows.length < top.length) this.#add();
    while (this.#rows.length > top.length) this.#rows.pop()?.row.remove();
    for (const [i, { index, label, share }] of top.entries()) {
      const row = this.#rows[i];
      row.radio.value = String(index);
      row.radio.checked = index === target;
      row.name.textContent = label;
      row.name.title = label;
      row.share.textContent = percent(share);
      row.row.style.setProperty('--share', String(share));
    }
  }

  #add(): void {
    const radio = make('input', { type: 'radio', name: 'class' });
    const name = make('span', { className: 'class-name' });
    const share = make('span', { className: 'number' });
    const row = make('label', { className: 'class' }, radio, name, share);
    this.list.append(row);
    this.#rows.push({ row, radio, name, share });
  }
}
