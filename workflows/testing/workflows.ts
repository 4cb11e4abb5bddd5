/** Bundle of the tests: the platform's workflows and those that only tests need. */
export * from '../index';
