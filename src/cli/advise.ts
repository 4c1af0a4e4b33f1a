/** Who has to do something about an error. */
export type Actor = 'developer' | 'user' | 'database operator' | 'key operator' | 'no one'

export interface Advice {
  readonly actor: Actor
  /** When it happens. */
  readonly when: string
  /** What to do, as one sentence in the imperative. */
  readonly action: string
}

export const advise = (actor: Actor, when: string, action: string): Advice => ({ actor, when, action })
