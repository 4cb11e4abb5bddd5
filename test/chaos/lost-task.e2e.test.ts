import { type Stack, startStack } from '../../infra/stack';
import { migrate } from '../../store';
import { loseTasks } from './lost-task';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ dataDir: 'temporary', parts: ['temporal', 'postgres'], onProgress: () => undefined });
  await migrate(stack.databaseUrl);
}, 60_000);
afterAll(() => stack?.stop(), 60_000);

describe('a lost workflow task tells no other story', () => {
  it.each(['activity', 'local'] as const)(
    'recorded by %s, with deadlines and events racing',
    async (recording) => {
      const { result, status, deaths, sent, verdicts, row, transitions } = await loseTasks(stack, recording, {
        seed: 7,
        deaths: wanted,
      });
      expect(result).toBe('attended');
      expect(deaths).toBe(wanted);
      expect(transitions.map(({ version }) => version)).toEqual(transitions.map((_, index) => index + 1));
      expect({ version: row?.version, stage: row?.stage }).toEqual({ version: status.version, stage: status.stage });
      expect(verdicts).toEqual(sent.map(() => 'duplicate'));
      const causes = transitions.flatMap((transition) => transition.causes);
      expect(causes).toEqual(sent.map(({ eventId }) => eventId));
      expect(transitions.filter(({ to }) => to === 'reminded').length).toBeGreaterThan(0);
    },
    180_000,
  );
});
