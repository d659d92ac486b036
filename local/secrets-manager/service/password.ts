import { randomInt } from 'node:crypto'
import { invalidParameter } from './errors.ts'
import { flag, integer, optional, text } from './input.ts'
import { type Operation, operation } from './operation.ts'

const sets = {
  ExcludeLowercase: 'abcdefghijklmnopqrstuvwxyz',
  ExcludeUppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ExcludeNumbers: '0123456789',
  ExcludePunctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const

const shape = {
  PasswordLength: optional(integer({ min: 1, max: 4096 })),
  ExcludeCharacters: optional(text({ max: 4096 })),
  ExcludeLowercase: optional(flag),
  ExcludeUppercase: optional(flag),
  ExcludeNumbers: optional(flag),
  ExcludePunctuation: optional(flag),
  IncludeSpace: optional(flag),
  RequireEachIncludedType: optional(flag),
}

/**
 * API reference, GetRandomPassword. Each of the four types appears that is not excluded, unless that is switched off; a space may
 * appear where it is included, and need not.
 */
export const passwordOperation: Record<string, Operation> = {
  GetRandomPassword: operation(shape, (_, input) => {
    const length = input.PasswordLength ?? 32
    const without = (set: string) => [...set].filter((each) => !input.ExcludeCharacters?.includes(each))
    const types = Object.entries(sets).flatMap(([name, set]) =>
      input[name as keyof typeof sets] ? [] : [without(set)],
    )
    const all = [...types.flat(), ...(input.IncludeSpace ? without(' ') : [])]
    if (all.length === 0) throw invalidParameter('No characters are left to make a password of.')
    const required = input.RequireEachIncludedType === false ? [] : types
    if (required.some((type) => type.length === 0)) {
      throw invalidParameter('ExcludeCharacters leaves no character of a type that is required.')
    }
    if (required.length > length) {
      throw invalidParameter('Password length is too short based on the required types.')
    }
    const sources = [...required, ...Array.from({ length: length - required.length }, () => all)]
    const characters = sources.map((from) => from[randomInt(from.length)] ?? '')
    return { RandomPassword: shuffle(characters).join('') }
  }),
}

function shuffle(items: string[]): string[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    const swapped = [items[other], items[last]] as [string, string]
    items.splice(last, 1, swapped[0])
    items.splice(other, 1, swapped[1])
  }
  return items
}
