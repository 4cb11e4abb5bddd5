import { type Stack, startStack } from '../../infra/stack';
import { migrate } from '../../store';
import { expectOneStory, loseTasks } from './lost-task';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ dataDir: 'temporary', parts: ['temporal', 'postgres'], onProgress: () => undefined });
  await migrate(stack.databaseUrl);
}, 60_000);
afterAll(() => stack?.stop(), 60_000);

describe('a lost workflow task tells no other story, with deadlines and events racing', () => {
  it.each([
    ['activity', 2],
    ['local', 4],
  ] as const)(
    'recorded by %s, after %i deaths',
    async (recording, deaths) => {
      expectOneStory(await loseTasks(stack, recording, { seed: 7, deaths }));
    },
    180_000,
  );
});
