#!/usr/bin/env node
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { methods } from '../../methods/index.js';
import { packageRoot } from '../files/package-root.js';
import { main } from './program.js';

const { folder, version } = packageRoot();

// A reader that has seen enough (`| head`) closes the pipe. The work goes on; further output is dropped.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Pictures and maps are outside of V8's heap. With a small young generation, a long run needs no more memory
// than a short one.
setFlagsFromString('--semi-space-growth-factor=1');

try {
  // Only the code is set: Node exits by itself once everything is released and all output is written.
  process.exitCode = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    version,
    bundledModel: join(folder, 'models', 'birds.onnx'),
    methods,
    // Loaded with the first model: errors in the command line are reported before.
    openExplainer: async (path, options, file) =>
      (await import('./open.js')).openExplainerAt(path, options, file),
    openSubject: async (path, options) => (await import('./open.js')).openSubjectAt(path, options),
    inspectModel: async (path) => (await import('../model/inspect-model.js')).inspectModel(path),
    threadScript: new URL('./thread.js', import.meta.url),
    onInterrupt: (stop) => {
      // Ctrl-C, and the signal by which Slurm and Kubernetes announce the time limit. The second signal has
      // the system's own handling, which works even while the model blocks.
      const signals = ['SIGINT', 'SIGTERM'] as const;
      const ignore = () => {
        for (const signal of signals) process.off(signal, once);
      };
      const once = () => {
        ignore();
        stop();
      };
      for (const signal of signals) process.on(signal, once);
      return ignore;
    },
  });
} catch (error) {
  console.error('onnx-cam: unexpected error, please report it:', error);
  process.exitCode = 2;
}
