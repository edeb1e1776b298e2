import { test } from 'vitest';
import { NODES } from './graphs.js';
import { expectInspected } from './inspected.js';

// The others run in test/long.
test.each(['a chain of Conv', 'unknown decisions'])(`${NODES} nodes: %s`, (name) => expectInspected(name));
