import { isRefusalType } from './failures';
import { createActivities } from './index';

describe('activities', () => {
  test('are all there for the worker', async () => {
    const activities = createActivities({
      store: {
        append: async () => ({ status: 'conflict', detail: 'test' }),
        settleForeign: async () => undefined,
        appendMany: async () => [],
        recordLate: async () => [],
        parking: { tryHold: async () => undefined },
        hosting: {
          open: async () => ({ stages: {} }),
          load: async () => [],
          due: async () => [],
          park: async () => 'parked',
          unpark: async () => undefined,
          putAwayEffects: async () => undefined,
          effects: async () => [],
          forgetEffects: async () => undefined,
        },
      },
      orders: { inventoryUrl: '', paymentsUrl: '', shippingUrl: '', policy: { paymentDeadlineMs: 1 } },
      appointments: {
        policy: { reminderBeforeMs: 1, missedAfterMs: 1, followUpAfterMs: 1 },
        publish: async () => undefined,
      },
    });
    expect(Object.keys(activities).sort()).toEqual(
      [
        'appointmentPolicy',
        'bookShipment',
        'dueOfHost',
        'effectsOfHost',
        'forgetEffects',
        'loadHosted',
        'openHost',
        'putAwayEffects',
        'recordHosted',
        'settleHosted',
        'cancelShipment',
        'orderPolicy',
        'recordTransitions',
        'releaseStock',
        'requestNotification',
        'requestPayment',
        'reserveStock',
        'settleForeign',
        'voidPayment',
      ].sort(),
    );
  });

  test('know which refusals trying again would not change', () => {
    expect(isRefusalType('out-of-stock')).toBe(true);
    expect(isRefusalType('toString')).toBe(false);
  });
});
