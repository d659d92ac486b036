import { ours, say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { type Description, description, type RequestOf, type SourceName, sourceOf } from './description.ts'
import type { Kind } from './kind.ts'
import { checked, hostProblems, type Problem } from './problem.ts'

/** Which documents values may come from, by the part of a description. */
const readable: Readonly<Record<string, readonly SourceName[]>> = {
  '/auth/manage': ['admin', 'current', 'secret'],
  '/auth/use': ['pending', 'secret'],
  '/create': ['admin', 'current', 'secret'],
  '/read': ['admin', 'current', 'secret'],
  '/rotate': ['admin', 'current', 'secret', 'read'],
  '/list': ['admin', 'current', 'secret'],
  '/revoke': ['admin', 'current', 'secret', 'key'],
  '/apply': ['admin', 'current', 'secret', 'pending'],
  '/verify': ['pending', 'secret'],
}
/** The members of a description that are requests. */
const requests = ['create', 'read', 'rotate', 'apply', 'list', 'revoke', 'verify'] as const
/** Fields of a secret that no provider may write. */
const reserved = ['provider', 'params', 'admin_secret_arn']

/**
 * Checks a description that was read out of JSON.
 * @param file for the error
 * @param kind says which fields it must give
 * @throws RotationError InvalidDescription, which names file and member
 */
export function checkedDescription(value: unknown, file: string, kind: Kind): Description {
  return checked(description, value, file, (given) => problems(given, kind))
}

function* problems(given: Description, kind: Kind): Generator<Problem, void> {
  yield* waysProblems(given, kind)
  yield* hostProblems(given.hosts)
  yield* verifyProblems(given, kind)
  for (const name of requests) yield* requestProblems(`/${name}`, given[name])
  for (const [place, names] of Object.entries(readable)) yield* referenceProblems(place, at(given, place), names)
  for (const name of ['create', 'read', 'rotate'] as const) {
    const outputs = given[name]?.outputs
    if (outputs === undefined) continue
    if (outputs[kind.value] === undefined) yield { at: `/${name}/outputs`, what: say`has no "${ours(kind.value)}"` }
    const wrong = Object.keys(outputs).find((field) => reserved.includes(field))
    if (wrong !== undefined) yield { at: `/${name}/outputs/${wrong}`, what: say`is a field that is not the provider's` }
  }
}

/** How a new value comes about: one way, and with it what it needs. */
function* waysProblems(given: Description, kind: Kind): Generator<Problem, void> {
  const { create, rotate, apply, generate, list, revoke } = given
  const ways = [create, rotate, apply].filter((way) => way !== undefined)
  if (ways.length !== 1) yield { at: '', what: say`must have one of "create", "rotate" and "apply"` }
  if ((apply === undefined) !== (generate === undefined)) {
    yield { at: '', what: say`must have "generate" and "apply" together: values that we choose are made and then told` }
  }
  if (generate !== undefined && generate[kind.value] === undefined) {
    yield { at: '/generate', what: say`has no "${ours(kind.value)}"` }
  }
  if (given.read !== undefined && rotate === undefined) {
    yield { at: '/read', what: say`is of use beside "rotate" alone` }
  }
  if (list === undefined && (create ?? (apply && revoke)) !== undefined) {
    yield { at: '', what: say`has no "list": a ${kind.noun} that was minted and never stored could not be found again` }
  }
  if (create === undefined) return
  if (revoke === undefined) yield { at: '', what: say`has no "revoke": ${kind.noun}s would pile up` }
  if (create.outputs[kind.id] === undefined) {
    yield { at: '/create/outputs', what: say`has no "${ours(kind.id)}", by which a ${kind.noun} is revoked` }
  }
  if (!JSON.stringify([create.json, create.form, create.query]).includes('{"$marker":true}')) {
    yield { at: '/create', what: say`puts no "$marker" into the new ${kind.noun}, by which it could be found again` }
  }
}

function* verifyProblems({ auth, verify }: Description, { noun }: Kind): Generator<Problem, void> {
  if (!JSON.stringify(auth.use).includes('"pending:/')) {
    yield { at: '/auth/use', what: say`does not use the pending ${noun}: "verify" would prove nothing of it` }
  }
  const both = verify.alive.find((status) => verify.dead.includes(status))
  if (both !== undefined) yield { at: '/verify/dead', what: say`and "alive" both have ${both}` }
}

function* requestProblems(at: string, part: RequestOf | undefined): Generator<Problem, void> {
  if (part === undefined) return
  const inPath = [...part.path.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name)
  const given = Object.keys(part.parameters ?? {})
  const missing = inPath.find((name) => !given.includes(name))
  if (missing !== undefined) yield { at: `${at}/parameters`, what: say`has no "${missing}", which the path asks for` }
  const idle = given.find((name) => !inPath.includes(name))
  if (idle !== undefined) yield { at: `${at}/parameters/${idle}`, what: say`is not in the path` }
  if (part.json !== undefined && part.form !== undefined)
    yield { at: `${at}/form`, what: say`and "json" exclude each other` }
  if (part.method === 'GET' && (part.json !== undefined || part.form !== undefined)) {
    yield { at: `${at}/method`, what: say`is GET, which carries no body` }
  }
  if (/(^|\/)\.{1,2}(\/|$)/.test(part.path)) yield { at: `${at}/path`, what: say`has a step that is "." or ".."` }
}

/** Looks at all references in a part, at whatever depth. */
function* referenceProblems(at: string, value: unknown, names: readonly SourceName[]): Generator<Problem, void> {
  if (typeof value !== 'object' || value === null) return
  const keys = Object.keys(value)
  const sign = keys.find((key) => key.startsWith('$'))
  if (sign !== undefined && !Array.isArray(value)) {
    if (keys.length > 1) yield { at: `${at}/${sign}`, what: say`stands beside other members: a reference stands alone` }
    if (!['$from', '$marker', '$expires', '$join', '$random', '$readWithout'].includes(sign))
      yield { at: `${at}/${sign}`, what: say`is not known` }
  }
  if ('$readWithout' in value && !names.includes('read')) {
    yield { at: `${at}/$readWithout`, what: say`reads "read", which is not at hand there` }
  }
  const from = (value as { readonly $from?: unknown }).$from
  if (from !== undefined) {
    const source = typeof from === 'string' ? sourceOf(from) : undefined
    if (source === undefined) yield { at: `${at}/$from`, what: say`is no source: "secret:/params/user" would be one` }
    else if (!names.includes(source.name)) {
      yield { at: `${at}/$from`, what: say`reads "${source.name}", which is not at hand there` }
    }
  }
  for (const [key, item] of Object.entries(value)) yield* referenceProblems(`${at}/${key}`, item, names)
}
