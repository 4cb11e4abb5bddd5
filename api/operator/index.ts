import type { Route } from '../http/route';
import { getDeadLetter, listDeadLetters } from './dead-letters';
import { decide } from './decide';
import { type OperatorDeps, redriveDeadLetter } from './redrive';

export const operatorRoutes = (deps: OperatorDeps): readonly Route[] => [
  decide(deps),
  listDeadLetters(deps),
  getDeadLetter(deps),
  redriveDeadLetter(deps),
];
