import type { HostStatus } from './wire';

/** A host's status for people, in the Web UI; Markdown. */
export function detailsOf({ stages, held, waiting, effects, next }: HostStatus): string {
  const byStage = Object.entries(stages).map(([stage, journeys]) => `- ${stage}: ${journeys}`);
  return [
    `**Open journeys by stage**`,
    ...(byStage.length > 0 ? byStage : ['- none']),
    '',
    `In memory: ${held}. Events waiting: ${waiting}. Effects under way: ${effects}. Next deadline: ${next ?? 'none near'}.`,
  ].join('\n');
}
