import type { Pool } from 'pg';
import { insertMove, type RecordedMove } from '../recorded/recorded';

export interface MoveActivities {
  insertMove(move: RecordedMove): Promise<void>;
}

export const createMoveActivities = (pool: Pool): MoveActivities => ({
  insertMove: (move) => insertMove(pool, move),
});
