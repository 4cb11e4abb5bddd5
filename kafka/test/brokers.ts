/** Where the test runner says that Kafka is. */
export function brokersFromEnvironment(): readonly string[] {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers === undefined || brokers === '')
    throw new Error('KAFKA_BROKERS is not set: run this test through `npm test`, or start a broker and name it there');
  return brokers.split(',');
}
