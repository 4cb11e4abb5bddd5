import { StageCounts } from './stage-counts';

describe('open journeys by stage', () => {
  test('are counted as they begin, move and close, on top of those that the store knows', () => {
    const stages = new StageCounts();
    stages.moved(undefined, 'forgotten');
    stages.reset({ idle: 2, counting: 1 });
    stages.moved(undefined, 'counting');
    stages.moved('counting', 'idle');
    stages.moved('idle', undefined);
    expect(stages.all()).toEqual({ counting: 1, idle: 2 });
  });

  test('leave out stages in which none is, and come in the order of their names', () => {
    const stages = new StageCounts();
    for (const stage of ['idle', 'counting', 'ended']) stages.moved(undefined, stage);
    stages.moved('ended', undefined);
    expect(Object.keys(stages.all())).toEqual(['counting', 'idle']);
  });
});
