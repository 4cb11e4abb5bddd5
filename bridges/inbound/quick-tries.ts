import { type ConnectionOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

const RESOURCE_EXHAUSTED = 8;
/** Tries of a call to a workflow that is busy, or that ends its run while signals come in: that is over in a moment. */
const BUSY_TRIES = 6;
const BUSY_FIRST_MS = 25;

/** The server's words for a workflow that is locked, whose run ends, or that has its fill of updates; any other exhaustion is about rates. */
export const isBusyWorkflow = (details: string): boolean =>
  /workflow is (busy|closing)|in-flight updates|too many restarts/i.test(details);

/**
 * gRPC interceptors of the bridge's connection, in place of the SDK's own: that one sleeps 1.7 s and more on exhaustion
 * and says nothing meanwhile, while the bridge sends on. Here all but a busy workflow comes back at once, to the limiter
 * and the lane's back-off.
 */
export const quickTries = (random: () => number = Math.random): NonNullable<ConnectionOptions['interceptors']> => [
  makeGrpcRetryInterceptor({
    retryableDecider: (attempt, { code, details }) =>
      code === RESOURCE_EXHAUSTED && attempt < BUSY_TRIES && isBusyWorkflow(details),
    delayFunction: (attempt) => BUSY_FIRST_MS * 2 ** (attempt - 1) * (0.75 + random() / 2),
  }),
];
