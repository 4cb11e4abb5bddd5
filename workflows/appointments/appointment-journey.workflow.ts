import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { AppointmentActivities } from '../../activities/appointments/appointments.activities';
import { runJourney } from '../kit/run-journey';
import type { JourneyInput } from '../kit/wire';
import { appointment } from './appointment.machine';
import { appointmentJourneyContract } from './appointment-journey.contract';

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '1 minute' } as const;
const { requestNotification } = proxyActivities<AppointmentActivities>({ startToCloseTimeout: '20s', retry });
const { appointmentPolicy } = proxyLocalActivities<AppointmentActivities>({ startToCloseTimeout: '5s', retry });

export const appointmentJourney = (input: JourneyInput): Promise<string> =>
  runJourney(
    {
      contract: appointmentJourneyContract,
      policy: appointmentPolicy,
      machine: appointment,
      perform: ({ name, ...about }, context) => requestNotification({ kind: name, ...about }, context),
    },
    input,
  );
