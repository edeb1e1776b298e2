/** The user stopped the program. Work that was not started or not finished is left undone. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
