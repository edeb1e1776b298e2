import { test } from 'vitest';
import { graphs, NODES } from '../hostile/graphs.js';
import { expectInspected } from '../hostile/inspected.js';

test.each(Object.keys(graphs))(`${NODES} nodes: %s`, (name) => expectInspected(name));
