import { expectOneStory, loseTasks, type Servers, startServers } from './lost-task';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
}, 120_000);
afterAll(() => servers?.stop(), 60_000);

describe('a lost workflow task tells no other story, with deadlines and events racing', () => {
  it.concurrent.each([
    { home: 'own', recording: 'activity', deaths: 2 },
    { home: 'own', recording: 'local', deaths: 4 },
    { home: 'pooled', recording: 'local', deaths: 4 },
    { home: 'put-away', recording: 'local', deaths: 4 },
  ] as const)(
    '$home journeys, recorded by $recording, after $deaths deaths',
    async (wanted) => {
      expectOneStory(await loseTasks(servers, { ...wanted, seed: 7 }));
    },
    400_000,
  );
});
