/**
 * Limits of a Temporal server of our own, raised from what suits a shared cluster. The poll rates matter most: at the
 * usual 20 a shard reads its queues 20 times a second, and one workflow gets about ten activities a second.
 */
export const temporalSettings: Readonly<Record<string, number | boolean>> = {
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 10_000,
  'frontend.namespaceCount': 10_000,
  'frontend.persistenceMaxQPS': 100_000,
  'history.rps': 100_000,
  'history.persistenceMaxQPS': 100_000,
  'history.transferProcessorMaxPollRPS': 1_000,
  'history.timerProcessorMaxPollRPS': 1_000,
  'history.visibilityProcessorMaxPollRPS': 1_000,
  'history.outboundProcessorMaxPollRPS': 1_000,
  // seconds; a timer set for less comes this late: by default a second, and a host's deadlines follow each other faster
  'history.timerProcessorMaxTimeShift': 0.2,
  // seconds; a workflow that is deleted waits for these
  'history.transferProcessorUpdateAckInterval': 5,
  'history.visibilityProcessorUpdateAckInterval': 5,
  'matching.rps': 100_000,
  'matching.persistenceMaxQPS': 100_000,
  // one process serves every partition of a task queue: more of them only pass tasks on to each other
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  // an activity that the worker can take at once comes with the answer to its workflow task: 10 ms less, no detour
  'system.enableActivityEagerExecution': true,
  'worker.persistenceMaxQPS': 10_000,
};

/** What the platform's workflows are found by; all of them keywords. */
export const searchAttributes = ['TenantId', 'AggregateId', 'CorrelationId', 'Stage', 'Target'] as const;
