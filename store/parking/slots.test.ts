import { createSlots } from './slots';

const settle = () => new Promise(setImmediate);

describe('slots', () => {
  it('lends as many as there are, then makes the next wait its turn', async () => {
    const slots = createSlots(2);
    const order: string[] = [];
    const take = async (name: string) => {
      const free = await slots.take();
      order.push(name);
      return free;
    };
    const a = await take('a');
    await take('b');
    const c = take('c');
    const d = take('d');
    await settle();
    expect(order).toEqual(['a', 'b']);
    a();
    a();
    await settle();
    expect(order).toEqual(['a', 'b', 'c']);
    (await c)();
    await d;
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });
});
