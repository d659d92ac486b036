/** Arguments that cannot be used: exit code 2. */
export class UsageError extends Error {}

/** AWS could not be asked, or its answer lacks something: exit code 3. */
export class CannotAsk extends Error {
  /** The name of AWS's error, AccessDeniedException for example, where AWS has answered with one. */
  readonly awsName: string | undefined

  constructor(message: string, awsName?: string, options?: ErrorOptions) {
    super(message, options)
    this.awsName = awsName
  }
}
