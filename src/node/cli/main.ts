#!/usr/bin/env node
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { methods } from '../../methods/index.js';
import { packageRoot } from '../files/package-root.js';
import { main } from './program.js';

const { folder, version } = packageRoot();

// A reader that has seen enough (`| head`) closes the pipe: the work goes on, its words are dropped.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Pictures and maps lie outside of V8's heap. Where its young generation stays small, the memory of a long
// run is that of a short one.
setFlagsFromString('--semi-space-growth-factor=1');

try {
  // Only the code is set: Node leaves by itself once everything is released, with all output written.
  process.exitCode = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    version,
    bundledModel: join(folder, 'models', 'birds.onnx'),
    methods,
    // Loaded with the first model: what a command line means is told before.
    openExplainer: async (path, options, file) =>
      (await import('./open.js')).openExplainerAt(path, options, file),
    openSubject: async (path, options) => (await import('./open.js')).openSubjectAt(path, options),
    inspectModel: async (path) => (await import('../model/inspect-model.js')).inspectModel(path),
    threadScript: new URL('./thread.js', import.meta.url),
    onInterrupt: (stop) => {
      // Ctrl-C, and how Slurm and Kubernetes say that the time is up. The second time the system's own
      // handling holds, which works even while the model blocks.
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
