/** What the page has to say, at the edge of the screen. */
import { signal } from '@preact/signals';
import { inPageWords } from './words.js';

export interface Notice {
  readonly id: number;
  readonly kind: 'note' | 'error';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

export const notices = signal<readonly Notice[]>([]);
let next = 0;
/** Older ones go: who drops ten files does not want ten toasts. */
const MOST = 3;

function add(kind: Notice['kind'], text: string, action?: Notice['action']): void {
  const others = notices.value.filter((notice) => notice.text !== text);
  notices.value = [...others, { id: next++, kind, text, action }].slice(-MOST);
}

export const say = (text: string, action?: Notice['action']): void => add('note', text, action);

/** Says what went wrong, in words of the page. What was stopped on purpose is no error. */
export function fail(error: unknown): void {
  if (isAbort(error)) return;
  add('error', inPageWords(error instanceof Error ? error.message : String(error)));
}

export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** What went wrong before is no news once something was asked for anew. */
export function forgetErrors(): void {
  notices.value = notices.value.filter(({ kind }) => kind !== 'error');
}
