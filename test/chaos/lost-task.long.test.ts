import { expectOneStory, loseTasks, type Servers, startServers } from './lost-task';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
}, 120_000);
afterAll(() => servers?.stop(), 60_000);

describe('a lost workflow task tells no other story, with deadlines and events racing', () => {
  const runs = [1, 2, 3].flatMap((seed) =>
    (['own', 'pooled', 'put-away'] as const).flatMap((home) => [
      { home, recording: 'local' as const, seed },
      ...(home === 'own' || seed === 1 ? [{ home, recording: 'activity' as const, seed }] : []),
    ]),
  );
  it.concurrent.each(runs)(
    '$home journeys, recorded by $recording, seed $seed',
    async (wanted) => {
      expectOneStory(await loseTasks(servers, { ...wanted, deaths: 6 }));
    },
    600_000,
  );
});
