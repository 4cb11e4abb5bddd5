export { type Api, createApi } from './create-api';
export type {
  ApiDeps,
  ApiStore,
  EventPublisher,
  EventRegistry,
  Limits,
  ReadinessCheck,
} from './deps';
export type { AuthConfig } from './http/auth';
export type { Role } from './http/principal';
export type { ProblemBody, ProblemCode } from './http/problem';
