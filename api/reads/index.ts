import type { Route } from '../http/route';
import { explainEvent } from './explain-event';
import { getWorkflow } from './get-workflow';
import { listParked } from './list-parked';
import { listStreamEvents } from './list-stream-events';
import { listWorkflows, type ReadDeps } from './list-workflows';

export const readRoutes = (deps: ReadDeps): readonly Route[] => [
  listWorkflows(deps),
  getWorkflow(deps),
  listStreamEvents(deps),
  explainEvent(deps),
  listParked(deps),
];
