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
  const runs = [1, 2, 3].flatMap((seed) => [
    { recording: 'activity' as const, seed },
    { recording: 'local' as const, seed },
  ]);
  it.each(runs)(
    'recorded by $recording, seed $seed',
    async ({ recording, seed }) => {
      expectOneStory(await loseTasks(stack, recording, { seed, deaths: 5 }));
    },
    300_000,
  );
});
