import type { Role } from './principal';

/**
 * Who may do what: one line per operation, and an operation without a line does not compile. Tenants come on top:
 * every route looks only at what the token's tenants own.
 */
export const policy = {
  postEvents: ['emitter'],
  listWorkflows: ['reader', 'operator'],
  getWorkflow: ['reader', 'operator'],
  listStreamEvents: ['reader', 'operator'],
  explainEvent: ['reader', 'operator'],
  listParked: ['reader', 'operator'],
  listDeadLetters: ['reader', 'operator'],
  getDeadLetter: ['reader', 'operator'],
  redriveDeadLetter: ['operator'],
  decide: ['operator'],
  getHealth: 'public',
  getReadiness: 'public',
  getMetrics: 'public',
  getOpenApi: 'public',
} as const satisfies Record<string, readonly Role[] | 'public'>;

export type OperationId = keyof typeof policy;

export const rolesFor = (operation: OperationId): readonly Role[] | 'public' => policy[operation];
