// Preprocessing of pictures; pixels are RGBA, four bytes. The module stays below 4 KiB, because browsers
// compile no more than that synchronously on a page's thread. It has no allocator: the caller lays the memory
// out, with 64 spare bytes after each block, because up to 16 pixels are read and written at a time.

export { gray, luma, normalise, overWhite, spread } from './colour';
export { alongX } from './columns';
export { alongY } from './rows';
