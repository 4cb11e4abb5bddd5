/** Who may import whom: docs/architecture.md, "The folders". Type-only imports count. */
const folders = '(events|kafka|store|workflows|activities|bridges|api|services|infra)';
/** Own folders each folder may reach, beside itself. */
const mayImport = {
  events: [],
  kafka: ['events'],
  store: ['events'],
  services: ['events', 'kafka'],
  activities: ['events', 'store'],
};
const tests = '(\\.test\\.ts$|/testing(/|\\.ts$)|^(test|bench)/)';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(mayImport).map(([folder, others]) => ({
      name: `${folder}-flow`,
      severity: 'error',
      from: { path: `^${folder}/`, pathNot: tests },
      to: { path: `^${folders}/`, pathNot: [`^${folder}/`, ...others.map((other) => `^${other}/`)] },
    })),
    {
      name: 'workflows-flow',
      comment: 'Workflow code runs in the sandbox: of events and activities it may see types only.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: tests },
      to: { path: `^${folders}/`, pathNot: ['^workflows/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workflows-packages',
      severity: 'error',
      from: { path: '^workflows/', pathNot: tests },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: ['node_modules/@temporalio/(workflow|common)/', '^(events|kafka)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'bridges-and-api-see-contracts-only',
      severity: 'error',
      from: { path: '^(bridges|api)/', pathNot: tests },
      to: { path: '^workflows/', pathNot: ['\\.contract\\.ts$', '^workflows/kit/(contract|wire)\\.ts$'] },
    },
    {
      name: 'bridges-flow',
      severity: 'error',
      from: { path: '^bridges/', pathNot: tests },
      to: { path: '^(activities|api|services|infra)/' },
    },
    {
      name: 'api-flow',
      severity: 'error',
      from: { path: '^api/', pathNot: tests },
      to: { path: '^(activities|bridges|services|infra)/' },
    },
    {
      name: 'nobody-imports-infra',
      severity: 'error',
      from: { path: `^${folders}/`, pathNot: ['^infra/', tests] },
      to: { path: '^infra/' },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: `^${folders}/`, pathNot: tests },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'sql-in-the-store',
      severity: 'error',
      from: { path: '^(kafka|events|workflows|activities|bridges|api)/', pathNot: tests },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'sibling-services-are-apart',
      severity: 'error',
      from: { path: '^services/(inventory|payments|shipping)/', pathNot: tests },
      to: { path: '^services/(inventory|payments|shipping)/', pathNot: ['^services/$1/'] },
    },
    {
      name: 'sibling-workflows-are-apart',
      severity: 'error',
      from: { path: '^workflows/(orders|appointments)/', pathNot: tests },
      to: { path: '^workflows/(orders|appointments)/', pathNot: ['^workflows/$1/'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
  },
};
