/**
 * Python's onnxruntime where only Node's is installed: a module of the same name that hands the model and its
 * inputs to onnxruntime-node, which runs them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const module = `import base64, json, subprocess
import numpy as np

class InferenceSession:
    def __init__(self, path):
        self.path = path

    def run(self, names, feeds):
        inputs = {
            name: {"type": str(value.dtype), "dims": value.shape, "data": base64.b64encode(value.tobytes()).decode()}
            for name, value in feeds.items()
        }
        asked = json.dumps({"path": self.path, "names": names, "feeds": inputs})
        outputs = json.loads(subprocess.run(["node", "onnxruntime.mjs"], input=asked, capture_output=True, check=True, text=True).stdout)
        return [np.frombuffer(base64.b64decode(o["data"]), np.float32).reshape(o["dims"]) for o in outputs]
`;

const script = `import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';

const arrays = { uint8: Uint8Array, int64: BigInt64Array };
const { path, names, feeds } = JSON.parse(readFileSync(0, 'utf8'));
const session = await ort.InferenceSession.create(path);
const tensors = Object.entries(feeds).map(([name, { type, dims, data }]) => {
  const bytes = new Uint8Array(Buffer.from(data, 'base64'));
  return [name, new ort.Tensor(type, new arrays[type](bytes.buffer), dims)];
});
const outputs = await session.run(Object.fromEntries(tensors), names);
const read = ({ dims, data }) => ({ dims, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') });
console.log(JSON.stringify(names.map((name) => read(outputs[name]))));
`;

/** Puts it where a script in `folder` imports it. */
export function writeOnnxruntime(folder: string): void {
  writeFileSync(join(folder, 'onnxruntime.py'), module);
  writeFileSync(join(folder, 'onnxruntime.mjs'), script);
}
