import type {
  AppointmentActivities,
  AppointmentPolicy,
  Notification,
  NotificationContext,
} from '../../activities/appointments/appointments.activities';
import { Watched } from './watched';

/** Notifications by key, as the receiver sees them: the same key again is the same notification. */
export class MemoryNotifications extends Watched implements AppointmentActivities {
  policy: AppointmentPolicy = {
    reminderBeforeMs: 24 * 3_600_000,
    missedAfterMs: 30 * 60_000,
    followUpAfterMs: 24 * 3_600_000,
  };
  readonly sent = new Map<string, { readonly notification: Notification; readonly context: NotificationContext }>();
  requests = 0;
  /** Called before each one is sent; may throw or wait. */
  beforeSend: (context: NotificationContext) => Promise<void> | void = () => undefined;

  appointmentPolicy = async () => this.policy;

  requestNotification = async (notification: Notification, context: NotificationContext) => {
    this.requests += 1;
    await this.beforeSend(context);
    this.sent.set(context.key, { notification, context });
    this.changed();
  };

  of(subject: string): Notification['kind'][] {
    return [...this.sent.values()]
      .filter(({ context }) => context.key.startsWith(`${subject}/`))
      .map(({ notification }) => notification.kind);
  }
}
