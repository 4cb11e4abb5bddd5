import { Context } from '@temporalio/activity';
import {
  type AppointmentActivities,
  type AppointmentActivitiesDeps,
  createAppointmentActivities,
} from './appointments/appointments.activities';
import { createOrderActivities, type OrderActivities, type OrderActivitiesDeps } from './orders/orders.activities';
import { createRecordingActivities, type RecordingActivities } from './recording/recording.activities';

export interface ActivitiesDeps {
  readonly store: Parameters<typeof createRecordingActivities>[0]['store'];
  readonly orders: Omit<OrderActivitiesDeps, 'cancelled'>;
  readonly appointments: AppointmentActivitiesDeps;
}

export type Activities = RecordingActivities & OrderActivities & AppointmentActivities;

/** All that workflows may cause, for the worker. */
export const createActivities = (deps: ActivitiesDeps): Activities => ({
  ...createRecordingActivities(deps),
  ...createOrderActivities({ ...deps.orders, cancelled: () => Context.current().cancellationSignal }),
  ...createAppointmentActivities(deps.appointments),
});
