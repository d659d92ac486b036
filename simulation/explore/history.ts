/** An event at one moment of a history that would not happen by itself. */
export interface Deviation {
  /** The number of the moment. Each outside call is one, and so is each change from one run to another. */
  readonly at: number
  readonly what: string
}

/** One order of events: a kind of secret, a scenario, and the deviations from running one step after the other. */
export interface History {
  readonly type: string
  readonly scenario: string
  readonly deviations: readonly Deviation[]
}

/** The verdict on a history. */
export interface Ending {
  /** The name of the predicate that was broken, if one was. */
  readonly broken: string | undefined
  /** The human acts and the late arrivals of the history. */
  readonly marks: ReadonlySet<string>
}

/** The history as it is printed and typed: `single-user/set+set/3:B,5:lost`. */
export function textOf({ type, scenario, deviations }: History): string {
  return `${type}/${scenario}/${deviations.map(({ at, what }) => `${at}:${what}`).join(',')}`
}

/** @throws Error that says what is wrong with the text */
export function parseHistory(text: string): History {
  const [, type, scenario, list] = /^([\w-]+)\/([\w+-]+)\/([\w:,-]*)$/.exec(text.trim()) ?? []
  if (type === undefined || scenario === undefined || list === undefined)
    throw new Error(`"${text}" is not of the form TYPE/SCENARIO/MOMENT:EVENT,MOMENT:EVENT`)
  const deviations = list === '' ? [] : list.split(',').map(deviation)
  return { type, scenario, deviations }
}

function deviation(text: string): Deviation {
  const [, at, what] = /^(\d{1,5}):([\w-]+)$/.exec(text) ?? []
  if (at === undefined || what === undefined) throw new Error(`"${text}" is not of the form MOMENT:EVENT`)
  return { at: Number(at), what }
}
