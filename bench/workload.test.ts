import { interleaved, steadyStream } from './workload';

describe('workload', () => {
  it('brings every first event before any second one, and ends each life once', () => {
    const events = interleaved('t', 3, 4);
    expect(events.map(({ eventType, aggregateId }) => `${aggregateId} ${eventType}`)).toEqual(
      ['AppointmentScheduled', 'AppointmentConfirmed', 'AppointmentRescheduled', 'AppointmentAttended'].flatMap(
        (type) => [0, 1, 2].map((key) => `appointment-${key} ${type}`),
      ),
    );
  });

  it('fills every slot after the ramp with exactly one event, a tenth of them starts', () => {
    const { due, rampMs, endMs } = steadyStream('t', 100, 3);
    const measured = due.filter(({ atMs }) => atMs >= rampMs);
    expect(endMs - rampMs).toBe(3_000);
    expect(measured.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 300 }, (_, slot) => rampMs + slot * 10));
    expect(measured.filter(({ event }) => event.eventType === 'AppointmentScheduled')).toHaveLength(30);
  });
});
