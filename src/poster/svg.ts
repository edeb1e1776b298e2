import { outline, type Weight, widthOf } from './font.js';

export const ink = { text: '#15181c', soft: '#565f6b', note: '#8a4b00', line: '#dfe3e8', meter: '#2f6fde' };

export interface TextStyle {
  readonly size: number;
  readonly weight?: Weight;
  readonly fill?: string;
  readonly anchor?: 'start' | 'end';
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const number = (value: number): string => String(Math.round(value * 100) / 100);

/** An element; attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly string[]
): string {
  const list = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [
          `${key}="${typeof value === 'number' ? number(value) : value.replace(/[&<>"]/g, (c) => entities[c])}"`,
        ],
  );
  return `<${[name, ...list].join(' ')}${children.length > 0 ? `>${children.join('')}</${name}>` : '/>'}`;
}

/** A printable line as outlines; `aria-label` holds its text for screen readers. */
export function text(line: string, x: number, baseline: number, style: TextStyle): string {
  const { size, weight = 'regular', fill = ink.text, anchor = 'start' } = style;
  const { d, scale } = outline(line, size, weight);
  const left = anchor === 'end' ? x - widthOf(line, size, weight) : x;
  const transform = `translate(${number(left)} ${number(baseline)}) scale(${scale})`;
  return element('path', { role: 'img', 'aria-label': line, transform, fill, d });
}
