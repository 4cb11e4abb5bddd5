/** Why a record is no event of ours. Every code is permanent: reading it again gives the same answer. */
export const DECODE_FAULT_CODES = [
  'empty',
  'oversized',
  'malformed-json',
  'too-deep',
  'not-an-envelope',
  'unknown-type',
  'unknown-version',
  'schema-violation',
] as const;

export type DecodeFaultCode = (typeof DECODE_FAULT_CODES)[number];

/** One field at fault, in words fit for a caller: no values, they may be personal. */
export interface FieldFault {
  /** `data.lines.0.quantity` */
  readonly path: string;
  readonly message: string;
}

export interface DecodeFault {
  readonly code: DecodeFaultCode;
  readonly message: string;
  /** The first field at fault: `data.lines.0.quantity`. */
  readonly path?: string | undefined;
  /** Further fields at fault; with the first they are 20 at most. */
  readonly more?: readonly FieldFault[] | undefined;
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
    readonly more: readonly FieldFault[] = [],
  ) {
    super(message);
  }
}

const MOST_FIELDS = 20;

/** What was found, as one fault: the first of each field. */
export function faultIn(code: DecodeFaultCode, found: readonly FieldFault[]): FaultFound {
  const fields = new Map<string, FieldFault>();
  for (const fault of found) {
    if (fields.size === MOST_FIELDS) break;
    if (!fields.has(fault.path)) fields.set(fault.path, fault);
  }
  const [first, ...more] = fields.values();
  return new FaultFound(code, first?.message ?? 'is not valid', first?.path, more);
}
