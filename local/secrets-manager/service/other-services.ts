import type { IncomingHttpHeaders } from 'node:http'
import { type ServiceError, serviceError } from './errors.ts'

/**
 * The service that a request is for: the one its signature names (`iam`, `monitoring`), else the one its target names.
 * @param target the header X-Amz-Target
 */
export function askedService(target: string, signed: string | undefined): string {
  if (target.startsWith('secretsmanager.')) return 'secretsmanager'
  return signed ?? /^(\w+)\.\w+$/.exec(target)?.[1] ?? 'an unknown service'
}

/** The error for a call that this server does not answer. */
export function notHere(service: string, operation: string): ServiceError {
  const type = 'UnknownOperationException'
  if (service === 'secretsmanager') return serviceError(type, `There is no operation ${operation} here.`)
  const what =
    "This is a Secrets Manager for a laptop, with Lambda's Invoke, the functions' logs and CloudTrail's events."
  const how = 'With AWS_ENDPOINT_URL_SECRETS_MANAGER instead of AWS_ENDPOINT_URL only Secrets Manager is asked here'
  const other = 'and a variable such as AWS_ENDPOINT_URL_IAM says where another service is'
  return serviceError(type, `${what} A call to ${service} is not answered. ${how}, ${other}.`)
}

type Failure = Pick<ServiceError, 'type' | 'message'>

interface Written {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/**
 * Writes an error in the protocol of the service that was asked for, so that its SDK can read it (Smithy: awsQuery, ec2Query,
 * restXml, rpcv2Cbor, awsJson and restJson). Secrets Manager's own body has `Message` alone.
 */
export function inProtocolOf(service: string, headers: IncomingHttpHeaders, { type, message }: Failure): Written {
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') {
    const own = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' }
    return { headers: own, body: cborOf({ __type: type, message }) }
  }
  const isForm = /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '')
  const xml = xmlOf(service, isForm, { type, message })
  if (xml !== undefined) return { headers: { 'content-type': 'text/xml' }, body: xml }
  const json = { 'content-type': 'application/x-amz-json-1.1' }
  if (service === 'secretsmanager') return { headers: json, body: JSON.stringify({ __type: type, Message: message }) }
  const body = JSON.stringify({ __type: type, message, Message: message })
  return { headers: { ...json, 'x-amzn-errortype': type }, body }
}

/** Undefined where the service does not speak XML. */
function xmlOf(service: string, isForm: boolean, { type, message }: Failure): string | undefined {
  const inner = `<Code>${type}</Code><Message>${escaped(message)}</Message>`
  if (service === 's3' || service === 's3express') return `<Error>${inner}</Error>`
  if (service === 'ec2') return `<Response><Errors><Error>${inner}</Error></Errors></Response>`
  if (!isForm && service !== 'cloudfront' && service !== 'route53') return undefined
  return `<ErrorResponse><Error><Type>Sender</Type>${inner}</Error></ErrorResponse>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A map of texts in CBOR (RFC 8949); it has few members, and none is longer than 65,535 bytes. */
function cborOf(members: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(members)
  const parts = entries.flat().map((text) => {
    const bytes = Buffer.from(text)
    return Buffer.concat([Buffer.from([0x79, bytes.length >> 8, bytes.length & 0xff]), bytes])
  })
  return Buffer.concat([Buffer.from([0xa0 + entries.length]), ...parts])
}
