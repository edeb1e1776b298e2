// Pictures on their way to the network: pixels are RGBA, four bytes. Below 4 KiB, because browsers compile no more than that
// synchronously on a page's thread. No allocator: who calls lays the memory out, with 16 bytes to spare after each block, because
// pixels are read and written four at a time, 64 where they are laid over white.

export { gray, luma, normalise, overWhite, spread } from './colour';
export { alongX } from './columns';
export { alongY } from './rows';
