import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder in which `npm run docs -- --measure` collects the results of the benches. */
const folder = process.env.ONNX_CAM_FIGURES;

function publish(name: string, text: string): void {
  if (folder) writeFileSync(join(folder, `${name}.md`), `${text}\n`);
}

/** Prints a Markdown table. README and docs show it between `<!-- table NAME … -->` and `<!-- end -->`. */
export function publishTable(
  name: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  if (rows.length === 0) return; // the bench was skipped
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const text = [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
  console.log(text);
  publish(name, text);
}

/** Publishes one figure. README and docs show it between `<!-- figure NAME … -->` and `<!-- end -->`. */
export function publishFigure(name: string, text: string): void {
  console.log(`${name}: ${text}`);
  publish(name, text);
}
