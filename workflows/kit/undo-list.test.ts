import { UndoList } from './undo-list';

const anyError = () => true;

describe('undo list', () => {
  const setUp = (failing: Set<string> = new Set()) => {
    const list = new UndoList();
    const ran: string[] = [];
    for (const step of ['stock', 'payment', 'shipment']) {
      list.register({
        step,
        undo: async () => {
          ran.push(step);
          if (failing.has(step)) throw new Error(`${step} refuses`);
        },
      });
    }
    return { list, ran, failing };
  };

  test('runs last-first and forgets what it has undone', async () => {
    const { list, ran } = setUp();
    expect(await list.run(anyError)).toEqual([]);
    expect(ran).toEqual(['shipment', 'payment', 'stock']);
    expect(await list.run(anyError)).toEqual([]);
    expect(ran).toHaveLength(3);
  });

  test('runs to the end when one fails, and again only what failed', async () => {
    const { list, ran, failing } = setUp(new Set(['payment', 'shipment']));
    expect(await list.run(anyError)).toEqual([
      { step: 'payment', failure: new Error('payment refuses') },
      { step: 'shipment', failure: new Error('shipment refuses') },
    ]);
    expect(ran).toEqual(['shipment', 'payment', 'stock']);
    failing.clear();
    expect(await list.run(anyError)).toEqual([]);
    expect(ran).toEqual(['shipment', 'payment', 'stock', 'shipment', 'payment']);
  });

  test('lets an error through that is no failure: a bug of ours', async () => {
    const { list } = setUp(new Set(['payment']));
    await expect(list.run(() => false)).rejects.toThrow('payment refuses');
    expect(list.steps).toEqual(['stock', 'payment']);
  });

  test('refuses a step under a name that is taken: its key would be too', () => {
    const { list } = setUp();
    expect(() => list.register({ step: 'stock', undo: async () => undefined })).toThrow('stock');
  });
});
