// The twins, and the allocator that the backend calls. One line per kernel.
export { alloc, free } from './memory';
export { weightedSum } from './weighted-sum';
