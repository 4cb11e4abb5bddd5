import { type Clock, systemClock } from '@millrace/kafka';
import type { Store } from '../../store/store';

interface Question {
  readonly subject: string;
  readonly resolve: (parked: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Is this lane parked? Questions asked within one turn of the event loop become one query. */
export function createParkedLookup(
  parking: Pick<Store['parking'], 'parked'>,
  { maxSubjects = 500, clock = systemClock }: { maxSubjects?: number; clock?: Clock } = {},
): (subject: string) => Promise<boolean> {
  let waiting: Question[] = [];

  async function ask(questions: readonly Question[]): Promise<void> {
    try {
      const parked = await parking.parked([...new Set(questions.map(({ subject }) => subject))]);
      for (const { subject, resolve } of questions) resolve(parked.has(subject));
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  }

  function askAll(): void {
    const questions = waiting;
    waiting = [];
    for (let from = 0; from < questions.length; from += maxSubjects)
      void ask(questions.slice(from, from + maxSubjects));
  }

  return (subject) =>
    new Promise((resolve, reject) => {
      waiting.push({ subject, resolve, reject });
      if (waiting.length === 1) clock.after(0, askAll);
    });
}
