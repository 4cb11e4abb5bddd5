import { describeDriver } from '../test/driver-contract';
import { createMemoryDriver } from './memory-driver';

describeDriver('the driver in memory', async () => createMemoryDriver());
