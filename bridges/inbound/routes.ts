import {
  AppointmentAttended,
  AppointmentCancelled,
  AppointmentConfirmed,
  AppointmentRescheduled,
  AppointmentScheduled,
  OperatorDecided,
  OrderCancelled,
  OrderPlaced,
  PaymentDeclined,
  PaymentSettled,
} from '@millrace/events';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { orderSagaContract } from '../../workflows/orders/order-saga.contract';
import { on, type Route } from './route';

const ofOrder = { target: orderSagaContract, key: ({ data }: { data: { orderId: string } }) => data.orderId };
const ofAppointment = {
  target: appointmentJourneyContract,
  key: ({ aggregateId }: { aggregateId: string }) => aggregateId,
};

/** The whole wiring: which event starts or reaches which saga or journey, by which key. */
export const routes: readonly Route[] = [
  on(OrderPlaced).start(ofOrder),
  on(PaymentSettled).signal({ ...ofOrder, whenMissing: 'park' }),
  on(PaymentDeclined).signal({ ...ofOrder, whenMissing: 'park' }),
  on(OrderCancelled).signal({ ...ofOrder, whenMissing: 'park' }),

  on(AppointmentScheduled).startOrSignal(ofAppointment),
  on(AppointmentConfirmed).signal({ ...ofAppointment, whenMissing: 'park' }),
  on(AppointmentRescheduled).signal({ ...ofAppointment, whenMissing: 'park' }),
  on(AppointmentCancelled).signal({ ...ofAppointment, whenMissing: 'park' }),
  on(AppointmentAttended).signal({ ...ofAppointment, whenMissing: 'park' }),

  on(OperatorDecided).signal({
    target: { among: [orderSagaContract], named: ({ data }) => data.target },
    key: ({ data }) => data.key,
    whenMissing: 'ignore',
  }),
];
