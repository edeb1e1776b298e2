// Tensors live outside AssemblyScript's garbage collector: plain blocks of its TLSF heap, 16-byte aligned.

export function alloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function free(pointer: usize): void {
  heap.free(pointer);
}
