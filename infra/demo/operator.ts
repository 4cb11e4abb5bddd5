import { z } from 'zod';
import { PATIENCE_MS } from './emit';

/** What the operator of the demo does about a stuck saga: mend the cause and retry, or give up. */
export interface Resolution {
  readonly subject: string;
  readonly decision: 'retry' | 'give-up';
  /** Mended at the inventory before a retry. */
  readonly repairSku?: string;
}

interface OperatorDeps {
  readonly apiUrl: string;
  readonly inventoryUrl: string;
  readonly say: (line: string) => void;
}

const shownWorkflow = z.object({ stage: z.string(), version: z.number() });

const POLL_MS = 300;

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

/** Waits until the API shows the saga as stuck, with patience anew at each of its moves, then decides over the API, as a person would. */
async function resolve(
  { subject, decision, repairSku }: Resolution,
  { apiUrl, inventoryUrl, say }: OperatorDeps,
): Promise<void> {
  const workflow = `${apiUrl}/v1/workflows/${encodeURIComponent(subject)}`;
  let [version, movedAt]: [number | undefined, number] = [undefined, Date.now()];
  for (;;) {
    const response = await fetch(workflow);
    const shown = response.ok ? shownWorkflow.parse(await response.json()) : undefined;
    if (shown?.stage === 'stuck') {
      say(
        `operator: ${subject} is stuck at version ${shown.version}: ${repairSku ? `repair ${repairSku}, ` : ''}${decision}`,
      );
      if (repairSku !== undefined) await post(`${inventoryUrl}/v1/repairs`, { sku: repairSku });
      return post(`${workflow}/decisions`, { decision, stuckVersion: shown.version, note: 'decided in the demo' });
    }
    if (shown !== undefined && shown.version !== version) [version, movedAt] = [shown.version, Date.now()];
    if (Date.now() - movedAt > PATIENCE_MS)
      throw new Error(
        `${subject} did not get stuck: no move for ${PATIENCE_MS / 1000} s; it is at ${shown?.stage ?? 'nothing yet'}`,
      );
    await new Promise((next) => setTimeout(next, POLL_MS));
  }
}

export const resolveStuck = (resolutions: readonly Resolution[], deps: OperatorDeps): Promise<unknown> =>
  Promise.all(resolutions.map((resolution) => resolve(resolution, deps)));
