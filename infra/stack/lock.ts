import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkout } from './checkout';

// One lock for the script that runs before anything is compiled and for the stack: it is loaded from the sources.
const shared: typeof import('../bin/lock.cjs') = createRequire(__filename)(join(checkout, 'infra/bin/lock.cjs'));

export const { holderOf, tryLock, withLock, markHeldBy } = shared;
