import { CamError } from '../errors.js';

/**
 * Turns what ONNX Runtime threw into one sentence for people. Its packages word the same fault differently,
 * and put error numbers, source files and C++ signatures in front. The original is kept as `cause`.
 */
export function runtimeError(runtime: string, doing: 'load' | 'run', cause: unknown): CamError {
  const message = reason(cause);
  if (/requires f16 but the device does not support it/.test(message))
    return new CamError(
      'backend',
      `${runtime}: expected a GPU device with the feature shader-f16 (the model computes in float16), got one without. Run the model on the CPU.`,
      { cause },
    );
  return new CamError('model', explain(runtime, doing, message), { cause });
}

function explain(runtime: string, doing: 'load' | 'run', message: string): string {
  const sizes =
    /TensorProto: (.*) external data size mismatch\. Computed size: (\d+), external_data\.length: (\d+)/.exec(
      message,
    );
  if (sizes)
    return `model: expected ${sizes[2]} bytes of external values for the tensor "${sizes[1]}", got a length of ${sizes[3]}. The file is damaged: fetch or export it again.`;
  const external = externalFile(message);
  if (external !== undefined) {
    const file = external || 'that the model names';
    return /out of bounds/i.test(message)
      ? `model: expected all weights in the file ${file}, got a file that is too short (${runtime}). Get that file again.`
      : `model: expected the file ${file} (it holds weights of this model), got none. Keep it beside the model, or pass its bytes as external data.`;
  }
  if (/protobuf parsing failed|No graph was found|data pointer is null/.test(message))
    return 'model: expected an ONNX model, got bytes that are not one, or only part of one. Get the file again.';

  const opset = /Opset (\d+) is under development/.exec(message);
  if (opset)
    return `model: expected an opset that ${runtime} knows, got opset ${opset[1]}. Export the model with an older opset, or install a newer ONNX Runtime.`;

  const operator =
    /No Op registered for (\S+)/.exec(message) ??
    /Could not find an implementation for (\S+)/.exec(message) ??
    /(\S+) is not a registered function/.exec(message);
  if (operator)
    return `model: expected operators that ${runtime} has, got ${operator[1]?.replace(/\(-?\d+\)$/, '')}. Export the model without it, or use another runtime.`;

  if (
    /bad_?alloc|failed to allocate|out of memory|allocation failed|memory access out of bounds/i.test(message)
  )
    return `model: ${runtime} ran out of memory (${sentence(message)}). Use smaller batches or pictures.`;
  return doing === 'load'
    ? `model: ${runtime} cannot load it: ${sentence(message)}.`
    : `model: ${runtime} cannot run it: ${sentence(message)}.`;
}

/**
 * The file at fault, as the message names it. '' where the message does not name it, `undefined` where the
 * message is about something else.
 */
function externalFile(message: string): string | undefined {
  const named =
    /external data file "*([^"]+)"/i.exec(message) ??
    /External file: (\S+) not found/.exec(message) ??
    /External data path does not exist: "([^"]+)"/.exec(message);
  if (named) return `"${withoutFolder(named[1])}"`;
  const tensor = /External initializer: (\S+) offset.*out of bounds/.exec(message);
  if (tensor) return `of "${tensor[1]}"`;
  return /MountedFiles|external data/i.test(message) ? '' : undefined;
}

/**
 * Removes the folder: onnxruntime-node names the file in the working folder, which the model does not
 * mention.
 */
function withoutFolder(path: string): string {
  const folder = typeof process === 'undefined' ? '' : `${process.cwd()}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

/** ORT's own message without error numbers and source positions. */
function reason(cause: unknown): string {
  // The WebAssembly builds throw bare numbers (pointers to C++ exceptions) when memory runs out.
  if (typeof cause === 'number') return 'out of memory';
  return shortened(cause instanceof Error ? cause.message : String(cause))
    .replace(/^(Can't create a session|failed to call \w+\(\))\. ERROR_CODE: \d+, ERROR_MESSAGE: /, '')
    .replace(/^.*\[ONNXRuntimeError\] : \d+ : \w+ : /s, '')
    .replace(/\S*\/onnxruntime\/\S+\.(cc|h):\d+ [^()]*\([^()]*\)( const)? /, '')
    .trim();
}

/**
 * Only so many characters at either end of a message are searched: names in it may be as long as the file,
 * and the patterns take quadratic time.
 */
const SEARCHED = 2000;

const shortened = (text: string): string =>
  text.length <= 2 * SEARCHED ? text : `${text.slice(0, SEARCHED)} … ${text.slice(-SEARCHED)}`;

function sentence(message: string): string {
  return message.replace(/\s+/g, ' ').replace(/[.\s]+$/, '');
}
