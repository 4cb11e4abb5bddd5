import v8 from 'node:v8';

/** The SDK takes the failure for a runtime without such hooks and does without; its warning, the next one, is about us. */
v8.promiseHooks.createHook = () => {
  const { warn } = console;
  console.warn = () => {
    console.warn = warn;
  };
  throw new Error('promise stacks are switched off');
};
