import { type Envelope, NotificationRequested, newEvent } from '@millrace/events';
import { v5 as uuidv5 } from 'uuid';

/** When a journey does what. */
export interface AppointmentPolicy {
  /** Before the start: when the reminder goes out. */
  readonly reminderBeforeMs: number;
  /** After the start: when an appointment that nobody attended is missed. */
  readonly missedAfterMs: number;
  /** After the miss: when the follow-up goes out and the journey closes. */
  readonly followUpAfterMs: number;
}

export interface Notification {
  readonly kind: 'reminder' | 'follow-up';
  readonly appointmentId: string;
  readonly patientId: string;
  /** RFC 3339, UTC. */
  readonly startsAt: string;
}

/** Under which key and for whom an effect is performed. */
export interface NotificationContext {
  readonly key: string;
  readonly tenantId: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly causationId?: string | undefined;
}

export interface AppointmentActivities {
  appointmentPolicy(): Promise<AppointmentPolicy>;
  /** Publishes `NotificationRequested`; the same key again is the same event again. */
  requestNotification(notification: Notification, context: NotificationContext): Promise<void>;
}

export interface AppointmentActivitiesDeps {
  readonly policy: AppointmentPolicy;
  /** Resolves once Kafka has acknowledged the event. */
  readonly publish: (event: Envelope, options: { readonly traceparent?: string | undefined }) => Promise<unknown>;
}

/** Namespace of the ids of notifications. Never changes: a repeated effect must make the same id. */
const NOTIFICATION_NAMESPACE = '0d7c2a58-3f0e-5b62-9a51-6f2f8f0f5e1c';

export function createAppointmentActivities(deps: AppointmentActivitiesDeps): AppointmentActivities {
  return {
    appointmentPolicy: async () => deps.policy,
    requestNotification: async (notification, { key, traceparent, ...about }) => {
      const event = newEvent(NotificationRequested, {
        ...about,
        eventId: uuidv5(key, NOTIFICATION_NAMESPACE),
        aggregateId: notification.appointmentId,
        data: notification,
      });
      await deps.publish(event, { traceparent });
    },
  };
}
