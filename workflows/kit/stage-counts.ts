/** Open journeys by stage. Pure. */
export class StageCounts {
  private counts = new Map<string, number>();

  reset(counts: Readonly<Record<string, number>>): void {
    this.counts = new Map(Object.entries(counts));
  }

  /** `from` is undefined for one that begins, `to` for one that closes. */
  moved(from: string | undefined, to: string | undefined): void {
    if (from !== undefined) this.add(from, -1);
    if (to !== undefined) this.add(to, 1);
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private add(stage: string, change: number): void {
    const count = (this.counts.get(stage) ?? 0) + change;
    if (count === 0) this.counts.delete(stage);
    else this.counts.set(stage, count);
  }
}
