import { Context } from '@temporalio/activity';
import {
  type AppointmentActivities,
  type AppointmentActivitiesDeps,
  createAppointmentActivities,
} from './appointments/appointments.activities';
import { createOrderActivities, type OrderActivities, type OrderActivitiesDeps } from './orders/orders.activities';
import { createHostingActivities, type HostingActivities, type HostingStore } from './recording/hosting.activities';
import { createRecordingActivities, type RecordingActivities } from './recording/recording.activities';

export interface ActivitiesDeps {
  readonly store: Parameters<typeof createRecordingActivities>[0]['store'] & HostingStore;
  readonly orders: Omit<OrderActivitiesDeps, 'cancelled'>;
  readonly appointments: AppointmentActivitiesDeps;
}

export type Activities = RecordingActivities & HostingActivities & OrderActivities & AppointmentActivities;

/** All that workflows may cause, for the worker. */
export const createActivities = (deps: ActivitiesDeps): Activities => ({
  ...createRecordingActivities(deps),
  ...createHostingActivities(deps),
  ...createOrderActivities({ ...deps.orders, cancelled: () => Context.current().cancellationSignal }),
  ...createAppointmentActivities(deps.appointments),
});
