import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { identifier, literal } from '../../shared/mysql-family/quoting.ts'
import { nativePlugin } from './native-password.ts'

/** One of the ways in which an account may log in; any of them suffices. */
export interface LoginMethod {
  readonly plugin: string
  /** What the plugin keeps: a hash, a service, nothing. */
  readonly text: string
}

/**
 * Reads the part of SHOW CREATE USER that says how an account logs in.
 * @param of the account's name, for the error
 * @throws RotationError LoginMethod where a text cannot be told exactly: the server does not escape quotes in it
 */
export function parseLoginMethods(identification: string, of: string): LoginMethod[] {
  if (identification === '') return [{ plugin: nativePlugin, text: '' }]
  const [, hash] = /^ IDENTIFIED BY PASSWORD '([^'\\]*)'$/.exec(identification) ?? []
  if (hash !== undefined) return [{ plugin: nativePlugin, text: hash }]
  const method = "(\\w+)(?: USING '([^'\\\\]*)')?"
  if (!new RegExp(`^ IDENTIFIED VIA ${method}(?: OR ${method})*$`).test(identification)) {
    throw new RotationError('LoginMethod', say`How ${of} logs in has a form that is not known here.`, {
      likely: say`SHOW CREATE USER shows a method with a quote or a backslash in its text.`,
      remedy: say`ALTER USER ... IDENTIFIED VIA with a text without these, or rotate this secret by hand.`,
    })
  }
  return [...identification.slice(' IDENTIFIED VIA'.length).matchAll(new RegExp(` ${method}(?: OR|$)`, 'g'))].map(
    ([, plugin = '', text = '']) => ({ plugin, text }),
  )
}

/** The hashes of the passwords that the account has, in the order in which the server tries them. */
export function nativeHashes(methods: readonly LoginMethod[]): string[] {
  // Nobody can log in with `invalid`: it is what the installation gives to root.
  return methods.filter(({ plugin, text }) => plugin === nativePlugin && text !== 'invalid').map(({ text }) => text)
}

/**
 * The clause that gives an account these passwords in place of those it has, and leaves its other methods, and where they
 * stand, as they are: whatever ALTER USER does not list is gone.
 * @param expressions the passwords, each as a `PasswordWriter` writes it
 */
export function identifiedVia(methods: readonly LoginMethod[], expressions: readonly string[]): string {
  const passwords = expressions.map((expression) => `${nativePlugin} USING ${expression}`)
  const first = methods.findIndex(({ plugin, text }) => plugin === nativePlugin && text !== 'invalid')
  const all = methods.flatMap((method, index) => {
    if (index === first) return passwords
    if (method.plugin === nativePlugin) return []
    return [`${identifier(method.plugin)}${method.text === '' ? '' : ` USING ${literal(method.text)}`}`]
  })
  return `IDENTIFIED VIA ${all.join(' OR ')}`
}
