import v8 from 'node:v8';

const { createHook } = v8.promiseHooks;

/**
 * The SDK takes the failure for a runtime without such hooks and does without; its warning, the next one, is about us.
 * Node's own hooks stay: without them AsyncLocalStorage loses its way through promises, and with it every cancellation
 * scope of a workflow, so that undos are cancelled by what they undo.
 */
v8.promiseHooks.createHook = (callbacks) => {
  if (!/\bsetPromiseHook\b/.test(new Error().stack ?? '')) return createHook(callbacks);
  const { warn } = console;
  console.warn = () => {
    console.warn = warn;
  };
  throw new Error('promise stacks are switched off');
};
