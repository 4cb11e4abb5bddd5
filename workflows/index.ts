/** The workflow bundle's only entry: each export is a workflow type, named after its target. */
export { appointmentJourney } from './appointments/appointment-journey.workflow';
export { orderSaga } from './orders/order-saga.workflow';
