import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { AppointmentActivities } from '../../activities/appointments/appointments.activities';
import { appointment } from '../../workflows/appointments/appointment.machine';
import { appointmentJourneyContract } from '../../workflows/appointments/appointment-journey.contract';
import { runJourney } from '../../workflows/kit/run-journey';
import type { JourneyInput } from '../../workflows/kit/wire';

export { appointmentJourney } from '../../workflows';

const { requestNotification } = proxyActivities<AppointmentActivities>({ startToCloseTimeout: '20s' });
const { appointmentPolicy } = proxyLocalActivities<AppointmentActivities>({ startToCloseTimeout: '5s' });

/** Its hosts keep no journey in memory: each is put away after every turn. */
export const forgetfulAppointmentJourney = (input: JourneyInput): Promise<string> =>
  runJourney(
    {
      contract: appointmentJourneyContract,
      policy: appointmentPolicy,
      machine: appointment,
      perform: ({ name, ...about }, context) => requestNotification({ kind: name, ...about }, context),
      mostHeld: 0,
    },
    input,
  );
