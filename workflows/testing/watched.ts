/** Something whose changes a test can wait for. */
export class Watched {
  private readonly watchers = new Set<() => void>();

  changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  /** Resolves when the condition holds; rejects after `timeoutMs`, naming what was waited for. */
  until(what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        this.watchers.delete(look);
        clearTimeout(timer);
        settle();
      };
      const look = (): void => {
        if (holds()) done(resolve);
      };
      const timer = setTimeout(() => done(() => reject(new Error(`Waited in vain for ${what}`))), timeoutMs);
      this.watchers.add(look);
      look();
    });
  }
}
