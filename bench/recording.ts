import type { Step } from '../shared/rotation/event.ts'
import type { Move } from './target.ts'

export type Moves = Readonly<Record<Step, readonly Move[]>>

export const nothing: Moves = { createSecret: [], setSecret: [], testSecret: [], finishSecret: [] }

/** Texts in the calls of one rotation that belong to it alone, each by a name of its own. */
export type Particulars = Readonly<Record<string, string>>

/** The moves for any rotation: names stand for the texts that belong to this one, and sessions are counted from 1. */
export function generalised(moves: Moves, particulars: Particulars): Moves {
  const numbers = new Map<string, string>()
  const numberOf = (session: string) => {
    const number = numbers.get(session) ?? String(numbers.size + 1)
    numbers.set(session, number)
    return number
  }
  const replacements = Object.entries(particulars).map(([name, value]): [string, string] => [value, placeholder(name)])
  return mapSteps(moves, (each) =>
    each.map((move) => ({ ...replaced(move, replacements), session: numberOf(move.session) })),
  )
}

/** The moves for one rotation. */
export function particular(moves: Moves, particulars: Particulars): Moves {
  const replacements = Object.entries(particulars).map(([name, value]): [string, string] => [placeholder(name), value])
  return mapSteps(moves, (each) => each.map((move) => replaced(move, replacements)))
}

/** The moves without the ends of sessions: the server may log an end after the next session has begun. */
export function withoutEnds(moves: Moves): Moves {
  return mapSteps(moves, (each) => each.filter(({ does }) => does !== 'end'))
}

export function countLogins(moves: Moves): number {
  return Object.values(moves)
    .flat()
    .filter(({ does }) => does === 'login').length
}

const placeholder = (name: string) => `\0${name}\0`

function replaced(move: Move, replacements: readonly (readonly [from: string, to: string])[]): Move {
  const replace = (text: string) => replacements.reduce((result, [from, to]) => result.replaceAll(from, () => to), text)
  if (move.does === 'end') return move
  if (move.does === 'login') return { ...move, who: replace(move.who) }
  return { ...move, text: replace(move.text), ...(move.values && { values: move.values.map(replace) }) }
}

function mapSteps(moves: Moves, change: (moves: readonly Move[]) => readonly Move[]): Moves {
  const { createSecret, setSecret, testSecret, finishSecret } = moves
  return {
    createSecret: change(createSecret),
    setSecret: change(setSecret),
    testSecret: change(testSecret),
    finishSecret: change(finishSecret),
  }
}
