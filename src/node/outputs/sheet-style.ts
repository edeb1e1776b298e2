/**
 * Style of the contact sheet: light or dark by the reader's preference. Nothing is loaded from other
 * addresses.
 */
export const sheetStyle = `
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #16191d; --soft: #5d6673; --line: #dfe3e8; --bar: #2f6fdb; --bad: #b3261e; --bad-paper: #fdecea; --note: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #101317; --card: #1a1e24; --ink: #e8ebef; --soft: #9aa4b1; --line: #2c323a; --bar: #6ea2ff; --bad: #ff9a91; --bad-paper: #3a1b19; --note: #e5b567; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem clamp(1rem, 3vw, 3rem); max-width: 110rem; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; font-weight: 650; letter-spacing: -.01em; }
header p { margin: 0; color: var(--soft); }
header dl { display: flex; flex-wrap: wrap; gap: .35rem 1.75rem; margin: .9rem 0 1.75rem; }
header dl div { display: flex; gap: .5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--card-width)), 1fr)); gap: 1rem; align-items: start; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .85rem; }
article h2 { margin: 0; font-size: .82rem; font-weight: 500; color: var(--soft); overflow-wrap: anywhere; }
.class { display: flex; justify-content: space-between; gap: 1rem; margin: .1rem 0 .45rem; font-size: 1.02rem; font-weight: 600; }
.score { font-variant-numeric: tabular-nums; white-space: nowrap; }
.meter { height: 4px; border-radius: 2px; background: var(--line); overflow: hidden; margin-bottom: .75rem; }
.meter i { display: block; height: 100%; background: var(--bar); }
.strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, max(9.5rem, (100% - (var(--columns) - 1) * .5rem) / var(--columns))), 1fr)); gap: .5rem; }
figure { margin: 0; }
figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 5px; background: color-mix(in srgb, var(--line) 45%, transparent); }
figcaption { padding-top: .3rem; font-size: .78rem; color: var(--soft); display: flex; justify-content: space-between; gap: .5rem; }
.same { margin: 0; font-size: .75rem; color: var(--soft); font-style: italic; }
.note { margin: .55rem 0 0; font-size: .82rem; color: var(--note); overflow-wrap: anywhere; }
article.failed { background: var(--bad-paper); border-color: var(--bad); }
article.failed p { margin: .3rem 0 0; color: var(--bad); overflow-wrap: anywhere; }
footer { margin-top: 1.75rem; color: var(--soft); font-size: .85rem; }
`;
