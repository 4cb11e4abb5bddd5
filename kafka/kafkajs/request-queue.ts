/** The part of kafkajs's RequestQueue that is replaced, as it is in 2.2.4. */
interface RequestQueue {
  pending: { length: number };
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const CHECK_PENDING_MS = 10;

/**
 * kafkajs 2.2.4 arms a timer of minus many milliseconds per connection, which Node makes one millisecond, for ever: about 900
 * wake-ups a second and connection, and a warning on newer Node (tulios/kafkajs#1751). Here a timer is armed only while
 * requests wait.
 */
export function quietRequestQueue(queue: { readonly prototype: RequestQueue }): void {
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_MS,
    );
  };
}

let patched = false;

/** Once per process, before the first client is made. */
export function patchKafkajs(): void {
  if (patched) return;
  patched = true;
  quietRequestQueue(require('kafkajs/src/network/requestQueue'));
}
