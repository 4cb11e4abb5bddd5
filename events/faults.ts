/** Why a record is no event of ours. Every code is permanent: reading it again gives the same answer. */
export type DecodeFaultCode =
  | 'empty'
  | 'oversized'
  | 'malformed-json'
  | 'too-deep'
  | 'not-an-envelope'
  | 'unknown-type'
  | 'unknown-version'
  | 'schema-violation';

export interface DecodeFault {
  readonly code: DecodeFaultCode;
  readonly message: string;
  /** The first field at fault: `data.lines.0.quantity`. */
  readonly path?: string | undefined;
  /** As far as they could be read. */
  readonly eventId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly tenantId?: string | undefined;
}

/** Thrown where an event is made rather than read: by `newEvent`, `encode` and the publisher. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
  constructor(readonly fault: DecodeFault) {
    super(fault.path === undefined ? fault.message : `${fault.path}: ${fault.message}`);
  }
}

/** Within decoding a fault travels as an exception, so that each reader below stays straight. */
export class FaultFound extends Error {
  constructor(
    readonly code: DecodeFaultCode,
    message: string,
    readonly path?: string,
  ) {
    super(message);
  }
}
