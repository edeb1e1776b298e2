/**
 * What went wrong, for programs:
 * - `shape`      tensors that do not fit one another
 * - `model`      not an ONNX model, or one that cannot be read or run
 * - `layer`      a target layer that is unknown or has no spatial extent
 * - `target`     a class that the model does not have
 * - `gradients`  no gradient reaches the layer
 * - `input`      a picture or tensor that cannot be used (non-finite, corrupt, too large …)
 * - `option`     an option outside its range
 * - `backend`    a backend or runtime that is not to be had here
 * - `gpu`        the device refused a shader or was lost
 * - `output`     a result that cannot be written
 */
export type CamErrorCode =
  | 'shape'
  | 'model'
  | 'layer'
  | 'target'
  | 'gradients'
  | 'input'
  | 'option'
  | 'backend'
  | 'gpu'
  | 'output';

/** The one error class. Message grammar: where: expected what (why), got what. What to do. */
export class CamError extends Error {
  override readonly name = 'CamError';

  constructor(
    readonly code: CamErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
