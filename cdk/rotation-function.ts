import { Names, Token } from 'aws-cdk-lib'
import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2'
import { Port } from 'aws-cdk-lib/aws-ec2'
import type { CfnRule } from 'aws-cdk-lib/aws-events'
import type { IGrantable, IPrincipal, IRole, PolicyDocument } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { CfnPermission, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { CfnRotationSchedule, ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct, type IConstruct } from 'constructs'
import { alarmsOf } from './alarms.ts'
import { lambdaFunction, logGroupOf, permissionOf } from './lambda.ts'
import type { Settings } from './made/options.ts'
import { made } from './made.ts'
import { refuseUnknown, refuseUnknownFunction } from './options.ts'
import type { FunctionName, RotationFunctionProps } from './props.ts'
import { keyUse, roleOf } from './role.ts'
import { type RotateOptions, scheduleOf } from './schedule.ts'
import { refuseCommon, valuesOf } from './values.ts'
import { rulesOf } from './watch.ts'

// Users of keyturn/cdk name these, too.
export type { CommonProps, FunctionName, RotationFunctionProps } from './props.ts'

/** Lambda's rule for names. */
const longestName = { maxLength: 64, separator: '-', allowedSpecialCharacters: '-_' }

/**
 * One of Keyturn's functions, for as many secrets as you like (aws-cdk#18756), as template.yaml deploys it: its role allows
 * four calls of Secrets Manager, on secrets that this very function rotates, and the rights that its kind of secret needs.
 * @example const rotation = new RotationFunction(this, 'Rotation', { function: 'PostgresSingleUser', vpc })
 *   rotation.allowDatabase(database) rotation.rotate(secret, { schedule: 'cron(0 3 1 * ? *)' })
 */
export class RotationFunction extends Construct implements IConnectable, IGrantable {
  readonly function: LambdaFunction
  /** The function's role, for policies of secrets and keys that name it (aws-cdk#22051: hosted rotation has no role to name). */
  readonly role: IRole
  readonly logGroup: LogGroup
  readonly alarms: readonly CfnAlarm[]
  readonly grantPrincipal: IPrincipal
  readonly #name: FunctionName
  readonly #policy: PolicyDocument
  readonly #permission: CfnPermission
  readonly #keys = new Set<string>()
  readonly #reached: IConstruct[] = []

  /**
   * @throws Error for an option that the function does not have, and, in the template's words, for a value that the template
   * refuses
   */
  constructor(scope: Construct, id: string, props: RotationFunctionProps) {
    super(scope, id)
    refuseUnknownFunction(props)
    this.#name = props.function
    // The name is set here, because the role names the function before it exists.
    const functionName = props.functionName ?? Names.uniqueResourceName(this, longestName)
    if (Token.isUnresolved(functionName) || functionName === '')
      throw new Error('functionName must be a text: role and alarms have it in the middle of other texts.')
    refuseCommon(props)
    const values = valuesOf(props.function, props)
    this.logGroup = logGroupOf(this, functionName, props.logRetention)
    const given = { props, functionName, values, logGroup: this.logGroup }
    const { role, policy } = roleOf(this, given)
    this.role = role
    this.grantPrincipal = role
    this.#policy = policy
    this.function = lambdaFunction(this, { ...given, role })
    this.#permission = permissionOf(this, this.function)
    this.alarms = props.alarmTopic === undefined ? [] : alarmsOf(this, { ...given, topic: props.alarmTopic })
    const { superuserSecrets = [], adminSecrets = [] }: Settings = props
    const others = [...superuserSecrets, ...adminSecrets].flatMap(({ encryptionKey }) => encryptionKey ?? [])
    for (const key of [...(props.encryptionKeys ?? []), ...others]) this.#use(key)
  }

  /** The function's security groups. @throws Error where it is in no VPC */
  get connections(): Connections {
    return this.function.connections
  }

  /**
   * Lets the function connect to a database or a host: adds a rule to the security groups of both.
   * @param port by default the database's own, else the usual port of such servers
   * @throws Error where the function is in no VPC, or no port is known
   */
  allowDatabase(database: IConnectable, port?: Port): void {
    const usual = made.functions[this.#name].port
    const wanted = port ?? database.connections.defaultPort ?? (usual === undefined ? undefined : Port.tcp(usual))
    if (wanted === undefined)
      throw new Error(`${this.#name} logs in to no server. Name the port, if it is to reach one.`)
    this.connections.allowTo(database, wanted, `${this.#name} of Keyturn`)
    this.#reached.push(...this.connections.securityGroups, ...database.connections.securityGroups)
  }

  /**
   * Has the function rotate a secret. By default nothing is rotated before the first window of the schedule: when the stack is
   * deployed, testSecret alone runs, which proves that the function reaches the secret and its target.
   * @throws Error for a schedule that Secrets Manager would refuse, and for a secret that the function rotates already
   */
  rotate(secret: ISecret, options: RotateOptions): CfnRotationSchedule {
    if (secret.encryptionKey !== undefined) this.#use(secret.encryptionKey)
    const schedule = scheduleOf(this, secret, this.function.functionArn, options)
    // A rotation may start when the schedule is made. Secrets Manager asks for the permission then, and the network must be ready.
    schedule.node.addDependency(this.#permission, ...new Set(this.#reached))
    return schedule
  }

  #use(key: IKey) {
    if (this.#keys.has(key.keyArn)) return
    this.#keys.add(key.keyArn)
    this.#policy.addStatements(...keyUse(key))
  }
}

/**
 * Tells a topic of rotations that failed or were abandoned, and of tests that failed when rotation was turned on: by CloudTrail's
 * events, so that the account needs a trail in the Region. The events are those of all its secrets: one RotationWatch is enough.
 */
export class RotationWatch extends Construct {
  readonly rules: readonly CfnRule[]

  /** @param props the topic; if it is of this app, it gets the policy that lets EventBridge and alarms publish to it */
  constructor(scope: Construct, id: string, props: { readonly topic: ITopic }) {
    super(scope, id)
    refuseUnknown('RotationWatch', props, ['topic'])
    if (props.topic === undefined) throw new Error('RotationWatch: the option topic is missing: who is told.')
    this.rules = rulesOf(this, props.topic)
  }
}
