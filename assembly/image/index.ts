// Pictures on their way to the network: pixels are RGBA, four bytes. Below 4 KiB, because browsers compile no
// more than that synchronously on a page's thread. No allocator: who calls lays the memory out, with 64 bytes
// to spare after each block, because pixels are read and written up to 16 at a time.

export { gray, luma, normalise, overWhite, spread } from './colour';
export { alongX } from './columns';
export { alongY } from './rows';
