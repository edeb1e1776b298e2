/** Messages of the package, which speak of options and calls, as sentences that speak of the page. */

/** What a sentence of the package becomes: the page has another way to do it, or none. */
const instead: readonly (readonly [RegExp, string])[] = [
  [/Give the option preprocessing[^.]*\./g, 'Change it under “What it sees”.'],
  [/Give the preprocessing of this model\./g, 'Change it under “What it sees”.'],
  [/Give the option labels[^.]*\./g, 'Drop a file of labels (.txt, .json) where it has other classes.'],
  [/The option layers chooses another\./g, 'The slider under “Depth” chooses another.'],
  [/Choose a single layer\./g, 'Choose another layer.'],
  [/Choose the runtime web\./g, 'Run on WebAssembly instead.'],
  [/Choose the backend wasm[^.]*\./g, 'Run on WebAssembly instead.'],
  [/Open a new one, or run the model on the CPU\./g, 'Run on WebAssembly, or reload the page.'],
  [/ Choose the activation [^.]*\./g, ''],
  [/, or explain this model with createExplainer/g, ''],
  [/ \(tf2onnx: --[^)]*\)/g, ''],
  [
    /Ask for another target[^.]*\./g,
    'The page explains classes; the command line explains other targets too.',
  ],
];

const ofTheApi = /--\w|\boptions?\b|createExplainer|decodePicture|ImageData|\.npy|\bCall it\b|\{ |\bpip\b|`/;

/** The message without what only a programmer can do. */
export function inPageWords(message: string): string {
  const text = instead.reduce((said, [pattern, words]) => said.replace(pattern, words), message);
  const [first = text, ...others] = sentences(text);
  return [first, ...others.filter((sentence) => !ofTheApi.test(sentence))].join(' ');
}

/** Cut after a full stop that is followed by a capital letter: names have full stops too. */
const sentences = (text: string): readonly string[] => text.split(/(?<=[.!?]) (?=[A-Z"])/);

/** The first sentence, for a line beside a method; what names the method again goes. */
export function inOneLine(method: string, reason: string): string {
  const [first] = sentences(inPageWords(reason));
  return first.startsWith(`${method}: `) ? first.slice(method.length + 2) : first;
}
