/** Thrown by a handler: trying again would give the same answer. The record goes to the dead-letter topic under `code`. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  constructor(
    readonly code: string,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
