// Things of one kind by their ids, told by notifications and read whole after each connect. What was told while an answer
// was under way is newer than the answer: the answer neither brings back what was dropped nor takes away what is new.

interface Entity {
  id: string;
  instanceId: string;
}

export class Entities<T extends Entity> extends Map<string, T> {
  /** For each reading under way, what was told since it began. */
  private readonly readings = new Set<Set<string>>();

  override set(id: string, value: T): this {
    for (const told of this.readings) told.add(id);
    return super.set(id, value);
  }

  override delete(id: string): boolean {
    for (const told of this.readings) told.add(id);
    return super.delete(id);
  }

  forget(instanceId: string): void {
    for (const { id } of this.of(instanceId)) this.delete(id);
  }

  of(instanceId: string): T[] {
    return [...this.values()].filter((value) => value.instanceId === instanceId);
  }

  /** `isBeyond`: the answer says nothing of this one, as a list that was cut. */
  async read(instanceId: string, ask: () => Promise<T[]>, isBeyond: (value: T) => boolean = () => false): Promise<void> {
    const told = new Set<string>();
    this.readings.add(told);
    try {
      const answer = await ask();
      const named = new Set(answer.map(({ id }) => id));
      for (const value of this.of(instanceId)) {
        if (!named.has(value.id) && !told.has(value.id) && !isBeyond(value)) super.delete(value.id);
      }
      for (const value of answer) if (!told.has(value.id)) super.set(value.id, value);
    } finally {
      this.readings.delete(told);
    }
  }
}
