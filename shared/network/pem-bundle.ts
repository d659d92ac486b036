import { X509Certificate } from 'node:crypto'

/**
 * Reads certificates out of a text that should be PEM, also where a shell, a console or a template has spoilt it in a way
 * that leaves one reading: line ends as `\n` in two characters or as blanks, CRLF, quotes around, a byte order mark, text
 * between the certificates.
 * @returns PEM of each certificate; empty where the text has none
 * @throws Error which says which certificate cannot be read; the message has no piece of the text
 */
export function certificatesIn(text: string): string[] {
  const plain = text.replaceAll(/\\r|\\n/g, '\n')
  const whole = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g
  const blocks = [...plain.matchAll(whole)]
  // A certificate that was cut short would otherwise be passed over, and the authority would be missing without a word.
  const halves = plain.replaceAll(whole, '').match(/-----BEGIN CERTIFICATE-----|(?<!\S)-(?!----END)[- A-Z]*$/g) ?? []
  if (halves.length > 0) {
    throw new Error(`${blocks.length + halves.length} certificates begin in it, and ${blocks.length} are whole`)
  }
  return blocks.map(([, body = ''], index) => {
    try {
      return new X509Certificate(pem(body.replaceAll(/\s+/g, ''))).toString()
    } catch {
      throw new Error(`certificate ${index + 1} of ${blocks.length} in it cannot be read`)
    }
  })
}

/** Lines of 64 characters (RFC 7468). */
function pem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
