import { expect } from 'vitest';
import {
  candidateLayers,
  classifyTail,
  gradientObstacles,
  parseModel,
  targetLayer,
} from '../../src/onnx/index.js';
import { graphs } from './graphs.js';

/** Of processor time, including the garbage collector's. */
const SECONDS = 5;

/** Reads the named graph and asks everything that `inspect` asks. */
export function expectInspected(name: string): void {
  const [bytes, reaches] = graphs[name]!();
  const before = process.cpuUsage();
  const model = parseModel(bytes, 'm');
  const layers = candidateLayers(model);
  const tail = classifyTail(model, targetLayer(model).name);
  const obstacles = gradientObstacles(
    model,
    layers.map((layer) => layer.name),
  );
  const { user, system } = process.cpuUsage(before);
  expect(layers[0]?.name).toBe('t0');
  expect(tail.logits).toBe('y');
  expect(obstacles.get('t0') === undefined).toBe(reaches);
  expect((user + system) / 1e6).toBeLessThan(SECONDS);
}
