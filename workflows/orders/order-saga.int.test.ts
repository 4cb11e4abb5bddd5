import { cancelled, decided, declined, fresh, placed, settled } from '../testing/events';
import { startTimeSkipping, type TimeSkipping } from '../testing/time-skipping';

let platform: TimeSkipping;
beforeAll(async () => {
  platform = await startTimeSkipping();
}, 60_000);
afterAll(() => platform?.stop(), 30_000);
jest.setTimeout(30_000);

describe('orderSaga', () => {
  test('completes an order', async () => {
    const orderId = fresh('order');
    const order = await platform.start('orderSaga', orderId, [placed(orderId)]);
    await platform.store.untilStage(order.subject, 'stock-reserved');
    await order.send(settled(orderId));
    expect(await order.handle.result()).toBe('completed');
    expect(platform.store.stages(order.subject)).toEqual(['placed', 'stock-reserved', 'paid', 'completed']);
    expect(platform.services.inForce(order.subject)).toEqual(['stock', 'payment', 'shipment']);
  });
});
