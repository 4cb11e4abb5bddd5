/** What the outside has seen happen, and what must not have. */
export class Journal {
  readonly violations: string[] = [];
  /** Letters by the place of the record that they tell of: their causes. */
  readonly letters = new Map<string, Set<string>>();
  /** Keys of effects that somebody was told. */
  readonly told = new Set<string>();
  private readonly kept = new Set<string>();
  private readonly lost = new Set<string>();

  violate(what: string): void {
    if (!this.violations.includes(what)) this.violations.push(what);
  }

  /** Temporal or PostgreSQL has the event now: it will not be lost. */
  keep(subject: string, eventId: string): void {
    this.kept.add(`${subject} ${eventId}`);
  }

  isKept(subject: string, eventId: string): boolean {
    return this.kept.has(`${subject} ${eventId}`);
  }

  /** Whoever terminated a host has to answer for it. */
  lose(what: string): void {
    this.lost.add(what);
  }

  isLost(what: string): boolean {
    return this.lost.has(what);
  }

  letter(place: string, code: string): void {
    const codes = this.letters.get(place) ?? new Set();
    this.letters.set(place, codes.add(code));
  }
}
