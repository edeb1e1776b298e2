// `npm run site`, or `npm run site -- --out DIR`.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { buildSite } from './site.mjs';

const { out } = new Command('npm run site --')
  .description('Builds the page as a folder that any host serves, below any path, without settings.')
  .option(
    '--out <folder>',
    'where it is written: a new or empty folder, or one that this command wrote',
    'dist-site',
  )
  .addHelpText(
    'after',
    `
A service worker isolates the page, so that WebAssembly has threads, and keeps its files, so that it
opens without a network after one visit. Browsers allow it on https and on localhost; elsewhere the
page works with one thread and from the network.

Examples:
  $ npm run site                            writes dist-site
  $ npm run site -- --out ../pages/cam      to be served below /cam/
  $ npx http-server dist-site               to look at it`,
  )
  .parse()
  .opts();

try {
  const files = await buildSite(resolve(out));
  console.log(`Wrote ${files.length} files to ${out}. Copy them to any web server.`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
