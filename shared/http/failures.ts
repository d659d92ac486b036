import './error-codes.ts'
import { RotationError } from '../errors/rotation-error.ts'
import { kind, ours, say, type Words } from '../errors/words.ts'
import { type TlsProblem, tlsProblem } from '../network/tls-problem.ts'
import { reasonOf, unreachable } from '../network/unreachable.ts'

/** How far a request had come when it failed. */
export type Progress = 'looking up' | 'connected' | 'sent'

/** What the lookup says of a name none of whose addresses may be dialled. */
export class AddressNotAllowed extends Error {
  readonly code = 'AddressNotAllowed'
  readonly refused: Words
  constructor(refused: Words) {
    super('an address that may not be dialled')
    this.refused = refused
  }
}

/**
 * Why a request got no answer that can be used, in an operator's words. Says in `effect` and in words whether the request
 * may have been carried out; has nothing of what was sent or received.
 * @param error of Node, or of the guard
 */
export function httpFailure(
  error: unknown,
  about: { readonly host: string; readonly progress: Progress; readonly outOfTime: boolean },
): RotationError {
  if (error instanceof RotationError) return error
  const { host, progress, outOfTime } = about
  if (error instanceof AddressNotAllowed) {
    const what = say`${host} resolves to ${error.refused}, where no request may go. The request was not sent.`
    return new RotationError('AddressNotAllowed', what, { effect: 'none' })
  }
  const { code, message } = said(error)
  const problem = tlsProblem(code, message)
  if (problem !== undefined) return tlsFailure(about, code, message, problem)
  const cause = code === '' ? undefined : new Error(code)
  if (progress === 'sent') return afterSending(host, code, outOfTime, cause)
  const details = { cause, effect: 'none' } as const
  if (progress === 'connected') {
    const what = say`${host} accepted the connection but did not speak TLS (${reasonOf(code)}). The request was not sent.`
    return new RotationError('NoAnswer', what, {
      likely: say`Something accepts connections there but is no HTTPS server: a load balancer, a wrong port, a hung server.`,
      remedy: say`Check host and port.`,
      ...details,
    })
  }
  const destination = { host, where: host, consequence: ours(' The request was not sent.') }
  return unreachable(code, destination, {
    likely: say`A function in a VPC has no route to the host: no NAT, a security group in the way; or the host is down.`,
    remedy: say`Give the subnets of the function a route to the host (NAT for one in the internet), and admit its port.`,
    ...details,
  })
}

/** What of Node's error may be looked at: a parser's error carries what it could not read. */
function said(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: '' }
  const code = 'code' in error && typeof error.code === 'string' && /^\w{1,64}$/.test(error.code) ? error.code : ''
  return { code, message: code.startsWith('HPE_') ? '' : error.message }
}

function afterSending(host: string, code: string, outOfTime: boolean, cause: unknown): RotationError {
  const uncertain = ours('The request may have been carried out.')
  if (outOfTime) return new RotationError('TimedOut', say`${host} did not answer in time. ${uncertain}`, { cause })
  if (code.startsWith('HPE_')) {
    return new RotationError('NoAnswer', say`What ${host} answered is not HTTP (${kind(code)}). ${uncertain}`, {
      likely: say`Something else than the service, or a broken proxy, answers there.`,
      remedy: say`Check host and port, and what stands between the function and the service.`,
      cause,
    })
  }
  return new RotationError(
    'NoAnswer',
    say`${host} hung up before its answer was complete${code === '' ? ours('') : say` (${kind(code)})`}. ${uncertain}`,
    {
      likely: say`The service, or something in between, was restarted or closed the connection.`,
      remedy: say`Nothing, if a later attempt succeeds; else check the health of the service.`,
      cause,
    },
  )
}

/** What is known of databases (DATABASE_CA_BUNDLE, "ssl") does not count here. */
function tlsFailure(
  { host, progress }: { readonly host: string; readonly progress: Progress },
  code: string,
  message: string,
  { code: problem, isCertificate, details }: TlsProblem,
): RotationError {
  // An alert may come late: with TLS 1.3 the server can refuse the client when that has sent its request already.
  const sent = progress === 'sent'
  const after = ours(sent ? 'The request may have been carried out.' : 'The request was not sent.')
  const what = isCertificate
    ? say`The certificate of ${host} was not accepted (${kind(code)}). ${after}`
    : say`TLS with ${host} did not come about (${kind(code)}). ${after}`
  const remedies: Readonly<Partial<Record<typeof problem, Words>>> = {
    CertificateUntrusted: say`If the service has an authority of its own, or a proxy of yours inspects TLS, name the PEM file of that authority in HTTP_CA_BUNDLE.`,
    CertificateNameMismatch: say`Use the host that the service's certificate names.`,
  }
  return new RotationError(problem, what, {
    likely: details.likely ?? say`Something else than the service answers there, such as a proxy that inspects TLS.`,
    remedy: details.remedy ?? remedies[problem] ?? say`Check what stands between the function and the service.`,
    cause: new Error(message.includes('altnames') ? message : code),
    effect: sent ? 'possible' : 'none',
  })
}
