import type { Envelope } from '@millrace/events';
import type { OutgoingRecord } from '@millrace/kafka';

/** Waits until the store shows the subject in one of these stages. A stage that passes stands with those after it: a look may come too late for it. */
export interface Condition {
  readonly subject: string;
  readonly stages: readonly string[];
}

/** One thing to send: a valid event, or a record exactly as given (to show what bad input does). */
export type Step = { readonly when?: Condition | undefined } & (
  | { readonly event: Envelope; readonly record?: undefined }
  | { readonly record: OutgoingRecord; readonly event?: undefined }
);

/** What happens to one order or appointment, in order. Scripts run side by side. */
export interface Script {
  readonly name: string;
  readonly steps: readonly Step[];
}
