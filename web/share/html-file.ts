/** The maps as one HTML file that needs nothing else: no script, no request, no font. */
import { printable } from '../../src/errors.js';

export interface HtmlContent {
  /** Of the picture: a file's name. */
  readonly name: string;
  /** Pictures are data URLs. */
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  /** The classes that are explained, each with its probability in words. */
  readonly classes: readonly { readonly label: string; readonly share: string }[];
  readonly maps: readonly {
    readonly title: string;
    /** Missing where the map is the same for every class. */
    readonly label?: string;
    readonly drawn: string;
    readonly notes: readonly string[];
  }[];
  readonly model: string;
  /** What else makes the maps what they are. */
  readonly facts: readonly (readonly [term: string, text: string])[];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => printable(text).replace(/[&<>"']/g, (c) => entities[c] ?? c);

const style = `
:root { color-scheme: light dark; --soft: light-dark(#565f6b, #a3acb8); --line: light-dark(#dfe3e8, #343a42); }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 76rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
header p { margin: .25rem 0 1.5rem; color: var(--soft); }
.maps { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { margin: 0; }
figure div { position: relative; border-radius: 6px; overflow: hidden; background: var(--picture) 0 0 / 100% 100%; }
img { display: block; width: 100%; height: auto; }
figure div:hover img, figure div:focus-visible img { opacity: 0; }
figure.picture div:is(:hover, :focus-visible) img { opacity: 1; }
figcaption { margin-top: .4rem; }
figcaption span, .notes { color: var(--soft); font-size: .875rem; }
.notes { margin: .15rem 0 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 2rem 0 0; padding-top: 1rem;
  border-top: 1px solid var(--line); font-size: .875rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .875rem; }
@media print { figure { break-inside: avoid; } figure div { print-color-adjust: exact; } }`;

export function htmlFile(content: HtmlContent): string {
  const { name, picture, width, height, classes, maps, model, facts } = content;
  const labels = classes.map(({ label }) => label).join(' and ');
  const image = (source: string, alt: string) =>
    `<img src="${source}" alt="${escaped(alt)}" width="${width}" height="${height}">`;
  const figures = maps.map(({ title, label, drawn, notes }) =>
    [
      '<figure>',
      `<div tabindex="0">${image(drawn, `${title}: where ${label ?? 'the network'} looks in ${name}`)}</div>`,
      `<figcaption><b>${escaped(title)}</b> <span>${escaped(label ?? 'the same for every class')}</span></figcaption>`,
      ...notes.map((note) => `<p class="notes">${escaped(note)}</p>`),
      '</figure>',
    ].join(''),
  );
  const rows: readonly (readonly [string, string])[] = [
    ...classes.map(({ label, share }) => ['Class', `${label}: ${share}`] as const),
    ['Model', model],
    ...facts,
  ];
  return `${[
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    `<title>${escaped(`${name}: ${labels}`)}</title>`,
    `<style>${style}\n:root { --picture: url(${picture}); }</style></head><body>`,
    `<header><h1>${escaped(labels)}</h1><p>Where ${escaped(model)} sees it in ${escaped(name)}. Point at a map to see the picture without it.</p></header>`,
    '<main class="maps">',
    `<figure class="picture"><div>${image(picture, name)}</div><figcaption><b>${escaped(name)}</b></figcaption></figure>`,
    ...figures,
    '</main><dl>',
    ...rows.map(([term, text]) => `<dt>${escaped(term)}</dt><dd>${escaped(text)}</dd>`),
    '</dl><footer>Made with onnx-cam. The file holds everything: it asks no server.</footer></body></html>',
  ].join('\n')}\n`;
}
