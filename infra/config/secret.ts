import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** A value that nobody may see by accident: printed, logged or made JSON, it says that it is one and no more. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** For the client that needs it, at the moment it does. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
