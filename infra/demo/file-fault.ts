/** What is wrong with a file that an argument names; the message is for the person at the terminal. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/** Rejects with a `FileFault` that names the argument where the system refuses the file. */
export async function orFileFault<T>(cannot: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (failure) {
    const told = failure instanceof Error ? failure.message : String(failure);
    const reason = /^E[A-Z]+: ([^,]+)/.exec(told)?.[1] ?? told;
    throw new FileFault(`${cannot}: ${reason}`, { cause: failure });
  }
}
