/**
 * Bounds on the work that a file can cause: a file of some bytes can claim anything. Each bound lies above
 * all real models; its comment gives the cost at the bound.
 */

/**
 * Nested subgraphs (If, Loop, Scan): readers recurse as deep.
 */
export const MAX_GRAPH_DEPTH = 32;

/** Axes of a tensor: every list of lengths is gone through for each node. Runtimes know fewer. */
export const MAX_RANK = 32;

/** Elements of a constant that shape arithmetic goes through: larger ones are weights. */
export const MAX_FOLDED = 256;

/**
 * Elements that shape arithmetic computes in one graph: some 10 for each node that needs them, in some
 * seconds.
 */
export const MAX_FOLDED_IN_ALL = 2 ** 21;

/**
 * Positions along one axis that are listed one by one: a picture's side, or that of a window over a whole
 * one.
 */
export const MAX_LISTED = 2 ** 16;

/** Elements of a window along one axis where each is a few nodes of a backward graph. */
export const MAX_WINDOW_SIDE = 2 ** 10;

/** Elements of all larger constants (above `MAX_FOLDED`) that a backward graph is given: 64 MB. */
export const MAX_CONSTANTS = 2 ** 23;

/**
 * Nodes of a backward graph, and how many more for each node that it goes back through; real ones have three
 * each.
 */
export const MAX_BACKWARD = { nodes: 2 ** 14, perNode: 32 } as const;

/** Operands of an Einsum that is differentiated: each one's gradient reads all the others. */
export const MAX_OPERANDS = 64;

/** Values of one picture that a model is fed: three colours of 4096 × 4096, and some; 256 MB. */
export const MAX_PICTURE = 2 ** 26;

/**
 * Bytes of a tensor that a run makes for one picture: 64 channels of 2896 × 2896. Half of what WebAssembly
 * can hold.
 */
export const MAX_TENSOR = 2 ** 31;

/** Local functions that call one another: each call's body is put in its place, one within the other. */
export const MAX_CALL_DEPTH = 64;

/**
 * Nodes of a graph with local functions once these stand in the place of their calls: each level that calls
 * the next one twice doubles them. Exporters that write a function for each operator reach some 10,000.
 */
export const MAX_EXPANDED = 2 ** 16;

/** Bytes of names and attributes that local functions may take more than the file when they are inlined. */
export const MAX_INLINED = 2 ** 28;

/** Channels of a picture: hyperspectral ones have some hundreds. */
export const MAX_CHANNELS = 2 ** 12;
