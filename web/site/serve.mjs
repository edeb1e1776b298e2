// Serves the page: `npm run web`, or `npm run web -- --port 9000 --host 0.0.0.0`.
import { Command, InvalidArgumentError, Option } from 'commander';
import { buildPage } from './build.mjs';
import { compressFolder } from './compress.mjs';
import { pageServer } from './server.mjs';

const { port, host } = new Command('npm run web --')
  .description('Builds the page into dist-web and serves it.')
  .addOption(
    new Option('--port <number>', 'where it listens; 0: any port that is free')
      .env('PORT')
      .argParser(portNumber)
      .default(8080),
  )
  .option('--host <address>', 'address it listens on; 0.0.0.0: the whole network', '127.0.0.1')
  .parse()
  .opts();

function portNumber(text) {
  const port = Number(text);
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new InvalidArgumentError(`Expected a whole number from 0 to 65535, got "${text}".`);
}

const folder = await buildPage();
await compressFolder(folder);
const server = pageServer(folder);
server.on('error', (error) => {
  console.error(
    error.code === 'EADDRINUSE' ? `Port ${port} is taken. Choose another: --port N.` : error.message,
  );
  process.exit(1);
});
server.listen(port, host, () => {
  console.log(`The page is at http://localhost:${server.address().port}/ (Ctrl-C ends it)`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
