/** The parts of an ARN that say where the thing is. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

export function parsedArn(text: string): Arn | undefined {
  const found = /^arn:([\w-]+):([\w-]+):([\w-]*):(\d*):(.+)$/s.exec(text)
  if (found === null) return undefined
  const [, partition = '', service = '', region = '', account = '', resource = ''] = found
  return { partition, service, region, account, resource }
}

/** Splits a function's ARN: the ARN without version or alias, and the version or alias. */
export function withoutQualifier(arn: string): { readonly arn: string; readonly qualifier: string | undefined } {
  const found = /^(arn:[\w-]+:lambda:[\w-]+:\d+:function:[^:]+):(.+)$/.exec(arn)
  return { arn: found?.[1] ?? arn, qualifier: found?.[2] }
}
