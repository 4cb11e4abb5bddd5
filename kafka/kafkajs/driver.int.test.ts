import { brokersFromEnvironment } from '../test/brokers';
import { describeDriver } from '../test/driver-contract';
import { createKafkajsDriver } from './driver';

jest.setTimeout(60_000);

describeDriver('kafkajs', async () =>
  createKafkajsDriver({ brokers: brokersFromEnvironment(), clientId: 'contract-test' }),
);
