import { createHmac } from 'node:crypto'

/**
 * The password for the SMTP endpoints of Amazon SES that belongs to an access key, whose id is the user name there (SES
 * developer guide, "Obtaining Amazon SES SMTP credentials": Signature Version 4 with a fixed date, and a version byte).
 */
export function smtpPassword(secretKey: string, region: string): string {
  const signature = ['11111111', region, 'ses', 'aws4_request', 'SendRawEmail'].reduce<string | Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `AWS4${secretKey}`,
  )
  return Buffer.concat([Buffer.of(4), Buffer.from(signature)]).toString('base64')
}
