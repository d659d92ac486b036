import { type Duration, Names, Token } from 'aws-cdk-lib'
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { refuseUnknown } from './options.ts'
import { refuseNoDuration } from './values.ts'

export interface RotateOptions {
  /**
   * When a rotation is due, in UTC: `cron(0 3 1 * ? *)`, `rate(30 days)`, a Duration, or what CDK's Schedule.cron() gives. With
   * rate, also as a Duration, the first window opens at the next midnight (UTC): cron says by itself when it begins.
   */
  readonly schedule: string | Duration | { readonly expressionString: string }
  /**
   * How long after that a rotation may begin, 1 to 24 whole hours. By default until the end of the day; an hour with hourly
   * schedules.
   */
  readonly duration?: Duration | undefined
  /**
   * Whether to rotate when the stack is deployed and after each change of the schedule, too. By default only testSecret runs
   * then.
   */
  readonly rotateImmediately?: boolean | undefined
  /** The construct that the schedule is a part of: one in another stack, for instance. By default the function. */
  readonly scope?: Construct | undefined
}

const known = {
  schedule: true,
  duration: true,
  rotateImmediately: true,
  scope: true,
} as const satisfies Readonly<Record<keyof RotateOptions, true>>

/**
 * Has a function rotate a secret. On the L1, because CDK's RotationSchedule knows neither cron nor windows (aws-cdk#24062).
 * @throws Error for a schedule that Secrets Manager would refuse, and for an unknown option
 */
export function scheduleOf(
  construct: Construct,
  secret: ISecret,
  functionArn: string,
  options: RotateOptions,
): CfnRotationSchedule {
  refuseUnknown('rotate', options, Object.keys(known))
  const { schedule, duration, rotateImmediately = false, scope = construct } = options
  refuseNoDuration('duration', duration)
  const expression = expressionOf(schedule)
  const hours = duration?.toHours({ integral: false })
  refuse(expression, hours)
  // The id follows from the secret's path. If it changed, CloudFormation would make a new schedule, and the secret would not be
  // rotated meanwhile.
  const id = `Schedule-${Names.uniqueResourceName(secret, { maxLength: 100 })}`
  if (scope.node.tryFindChild(id) !== undefined)
    throw new Error(`${secret.node.path} is rotated by this function already.`)
  const made = new CfnRotationSchedule(scope, id, {
    secretId: secret.secretArn,
    rotationLambdaArn: functionArn,
    rotationRules: { scheduleExpression: expression, ...(hours === undefined ? {} : { duration: `${hours}h` }) },
    rotateImmediatelyOnUpdate: rotateImmediately,
  })
  // secret.attach(database) writes the host into the secret: a rotation that starts before would find none.
  const attachment = secret.node.tryFindChild('Attachment')
  if (attachment !== undefined) made.node.addDependency(attachment)
  return made
}

function expressionOf(schedule: RotateOptions['schedule']): string {
  if (typeof schedule === 'string') return schedule
  if (typeof schedule !== 'object' || schedule === null)
    throw new Error("rotate: the option schedule is missing: 'cron(0 3 1 * ? *)', or a Duration.")
  if ('expressionString' in schedule) return schedule.expressionString
  refuseNoDuration('schedule', schedule)
  const hours = schedule.toHours({ integral: false })
  const [count, unit] = hours % 24 === 0 ? [hours / 24, 'day'] : [hours, 'hour']
  return `rate(${count} ${unit}${count === 1 ? '' : 's'})`
}

/** The rules of the user guide, "Schedule expressions in Secrets Manager rotation". CloudFormation finds out at deployment only. */
function refuse(expression: string, window: number | undefined) {
  if (Token.isUnresolved(expression)) return
  const no = (why: string) => new Error(`Secrets Manager takes no schedule ${expression}: ${why}`)
  if (window !== undefined && !(Number.isInteger(window) && window >= 1 && window <= 24))
    throw no('duration is from 1 to 24 whole hours.')
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(expression) ?? []
  if (count !== undefined) {
    const hours = Number(count) * (unit === 'day' ? 24 : 1)
    if (hours < 4 || hours > 24_000)
      throw no('a secret is rotated every 4 hours at most, and every 1000 days at least.')
    if (window !== undefined && window > hours) throw no('the duration reaches into the next window.')
    return
  }
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/)
  if (fields?.length !== 6) throw no('it is rate(n hours), rate(n days), n a whole number, or cron() with six fields.')
  const [minute, hour, dayOfMonth, , dayOfWeek, year] = fields
  if (minute !== '0') throw no('the minutes must be 0, because windows open on the hour.')
  if (year !== '*') throw no('the year must be *.')
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    throw no('one of day-of-month and day-of-week must be ?, and only one.')
  if (window !== undefined && Number(hour) + window > 24) throw no('the duration reaches into the next day (UTC).')
}
