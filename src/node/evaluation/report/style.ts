/**
 * Style of the evaluation's report: light or dark by the reader's preference. Nothing is loaded from other
 * addresses.
 */
export const reportStyle = `
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #16191d; --soft: #5d6673; --line: #dfe3e8; --best: #e3f1e6; --best-ink: #14602c; --note: #8a5a00; --bad: #b3261e; --grid: #e6e9ee; --heat: 47 111 219; }
@media (prefers-color-scheme: dark) { :root { --paper: #101317; --card: #1a1e24; --ink: #e8ebef; --soft: #9aa4b1; --line: #2c323a; --best: #17351f; --best-ink: #8fe0a6; --note: #e5b567; --bad: #ff9a91; --grid: #262c34; --heat: 110 162 255; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem clamp(1rem, 3vw, 3rem); max-width: 96rem; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; font-weight: 650; letter-spacing: -.01em; }
h2 { margin: 0 0 .2rem; font-size: 1.08rem; font-weight: 620; }
h3 { margin: 0; font-size: .95rem; font-weight: 600; }
p { margin: 0; }
.soft { color: var(--soft); }
header dl { display: flex; flex-wrap: wrap; gap: .35rem 1.75rem; margin: .9rem 0 0; }
header dl div { display: flex; gap: .5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; margin-top: 1.1rem; }
.scroll { overflow-x: auto; margin-top: .7rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 550; color: var(--soft); padding: .3rem .7rem; vertical-align: bottom; }
th small { display: block; }
th small, td small { font-weight: 400; font-size: .76rem; color: var(--soft); white-space: nowrap; }
thead th { border-bottom: 1px solid var(--line); max-width: 9.5rem; }
td { text-align: right; padding: .3rem .7rem; white-space: nowrap; border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
td small { margin-left: .35rem; }
tbody th { vertical-align: middle; }
tbody th small { display: inline; margin-left: .5rem; }
tbody th, th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); color: var(--ink); white-space: nowrap; }
tr:last-child > * { border-bottom: 0; }
td.best { background: var(--best); color: var(--best-ink); font-weight: 650; border-radius: 4px; }
td.best small { color: inherit; opacity: .8; }
.tables { display: flex; flex-wrap: wrap; gap: 0 1.1rem; }
.tables section { flex: 1 1 auto; max-width: 100%; }
ul.about { width: 0; min-width: 100%; margin: .7rem 0 0; padding: 0; list-style: none; font-size: .84rem; color: var(--soft); columns: 30rem; column-gap: 2rem; }
ul.about li { break-inside: avoid; padding: .1rem 0; }
ul.about b { color: var(--ink); font-weight: 550; }
.notes { color: var(--note); font-size: .88rem; margin-top: .6rem; padding-left: 1.2rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.2rem; margin-top: .8rem; }
.plot { min-width: 0; }
.plot .u-legend { font-size: .78rem; text-align: left; color: var(--ink); }
.plot .u-legend th, .plot .u-legend td { padding: .1rem .35rem; text-align: left; border: 0; position: static; background: none; }
.plot .u-legend .u-value { display: none; }
td.heat { background: rgb(var(--heat) / calc(var(--v) * .75)); }
details { margin-top: .7rem; }
summary { cursor: pointer; font-weight: 600; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .6rem; margin: .6rem 0 1rem; }
figure { margin: 0; }
figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 5px; background: color-mix(in srgb, var(--line) 45%, transparent); }
figcaption { padding-top: .25rem; font-size: .74rem; color: var(--soft); overflow-wrap: anywhere; }
figcaption b { color: var(--ink); font-weight: 600; }
.failed { color: var(--bad); }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
`;
