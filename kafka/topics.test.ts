import { createMemoryDriver } from './testing';
import { EVENT_TOPICS, ensureTopics, topicDrift, topicSpecs } from './topics';

describe('topics as code', () => {
  it('has every source topic and its dead-letter topic, none compacted, 12 partitions, 30 days', () => {
    const specs = topicSpecs({ replicationFactor: 3 });
    expect(specs.map(({ topic }) => topic).sort()).toEqual(
      [
        'commerce.inventory.events',
        'commerce.orders.events',
        'commerce.orders.transitions',
        'commerce.payments.events',
        'commerce.shipping.events',
        'healthcare.appointments.events',
        'healthcare.appointments.transitions',
        'healthcare.notifications.events',
        'platform.operator.events',
      ]
        .flatMap((topic) => [topic, `${topic}.dlq`])
        .sort(),
    );
    expect(EVENT_TOPICS).toHaveLength(7);
    for (const { config, replicationFactor } of specs) {
      expect(config).toMatchObject({
        'cleanup.policy': 'delete',
        'retention.ms': '2592000000',
        'min.insync.replicas': '2',
      });
      expect(replicationFactor).toBe(3);
    }
    expect(specs.find(({ topic }) => topic === 'commerce.orders.events')?.partitions).toBe(12);
    expect(specs.find(({ topic }) => topic === 'commerce.orders.events.dlq')?.config['max.message.bytes']).toBe(
      '2097152',
    );
  });

  it('can be smaller for development', () => {
    const specs = topicSpecs({ replicationFactor: 1, partitions: 2, retentionMs: 1_000 });
    expect(new Set(specs.map(({ partitions }) => partitions))).toEqual(new Set([2]));
    expect(specs[0]?.config).toMatchObject({ 'retention.ms': '1000', 'min.insync.replicas': '1' });
  });

  it('creates what is missing and lists how what is there differs', async () => {
    const admin = await createMemoryDriver({
      topics: [
        {
          topic: 'orders',
          partitions: 3,
          replicationFactor: 1,
          config: { 'retention.ms': '5', 'cleanup.policy': 'compact' },
        },
      ],
    }).admin();
    const wanted = [
      { topic: 'orders', partitions: 12, replicationFactor: 2, config: { 'retention.ms': '7' } },
      { topic: 'payments', partitions: 1, replicationFactor: 1, config: {} },
    ];
    expect(await topicDrift(admin, wanted)).toContainEqual({
      topic: 'payments',
      what: 'exists',
      wanted: 'yes',
      found: 'no',
    });
    await ensureTopics(admin, wanted);
    expect(await topicDrift(admin, wanted)).toEqual([
      { topic: 'orders', what: 'partitions', wanted: '12', found: '3' },
      { topic: 'orders', what: 'replicationFactor', wanted: '2', found: '1' },
      { topic: 'orders', what: 'retention.ms', wanted: '7', found: '5' },
      { topic: 'orders', what: 'cleanup.policy', wanted: "the cluster's default", found: 'compact' },
    ]);
  });
});
