import { test } from 'vitest';
import { NODES } from './graphs.js';
import { expectInspected } from './inspected.js';

// The others are in test/long.
test.each(['a chain of Conv', 'decisions that are not'])(`${NODES} nodes: %s`, (name) =>
  expectInspected(name),
);
