import type { Envelope } from '@millrace/events';
import { createAppointmentActivities } from './appointments.activities';

const notification = {
  kind: 'reminder',
  appointmentId: 'a-1',
  patientId: 'patient-1',
  startsAt: '2026-03-01T08:00:00.000Z',
} as const;
const context = {
  key: 'appointmentJourney/acme/a-1/2/reminder',
  tenantId: 'acme',
  correlationId: 'corr-1',
  causationId: 'cause-1',
  traceparent: 'trace',
};

describe('appointment activities', () => {
  const setUp = () => {
    const published: { event: Envelope; traceparent?: string | undefined }[] = [];
    const policy = { reminderBeforeMs: 1, missedAfterMs: 2, followUpAfterMs: 3 };
    const activities = createAppointmentActivities({
      policy,
      publish: async (event, { traceparent }) => published.push({ event, traceparent }),
    });
    return { activities, published, policy };
  };

  test('publish a notification with the trace of what caused it', async () => {
    const { activities, published } = setUp();
    await activities.requestNotification(notification, context);
    expect(published).toMatchObject([
      {
        traceparent: 'trace',
        event: {
          eventType: 'NotificationRequested',
          tenantId: 'acme',
          aggregateId: 'a-1',
          correlationId: 'corr-1',
          causationId: 'cause-1',
          data: notification,
        },
      },
    ]);
  });

  test('publish the same event id when an effect is performed again, and another for another effect', async () => {
    const { activities, published } = setUp();
    await activities.requestNotification(notification, context);
    await activities.requestNotification(notification, context);
    await activities.requestNotification(notification, { ...context, key: `${context.key}-other` });
    const [first, again, other] = published.map(({ event }) => event.eventId);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('answer the policy that they were given', async () => {
    const { activities, policy } = setUp();
    expect(await activities.appointmentPolicy()).toEqual(policy);
  });
});
