import type { SecretFacts } from '../../shared/secret-state.ts'
import type { Probed } from '../aws/functions.ts'
import type { VersionFacts } from '../aws/secrets.ts'
import type { Trace } from '../aws/trail.ts'
import type { Network } from './network.ts'
import type { ReleasedCode } from './released.ts'

/** A service's answer, or why it could not be asked: doctor says so and goes on. */
export type Answer<T> = { readonly is: T } | { readonly unknown: string }

/** A service's answer; undefined where it could not be asked. */
export function known<T>(answer: Answer<T>): T | undefined {
  return 'is' in answer ? answer.is : undefined
}

/** A secret as DescribeSecret gives it, with some fields that only doctor needs. */
export interface Secret extends SecretFacts {
  readonly rules: Rules | undefined
  /** The secret's key; undefined for AWS's own key, aws/secretsmanager. */
  readonly keyId: string | undefined
  readonly replicas: readonly { readonly region: string; readonly status: string; readonly message: string }[]
}

export interface Rules {
  readonly days?: number
  readonly expression?: string
  readonly duration?: string
}

/** A function as GetFunctionConfiguration gives it. */
export interface Lambda {
  readonly arn: string
  readonly name: string
  readonly description: string
  readonly runtime: string | undefined
  readonly handler: string | undefined
  /** The SHA-256 of its zip, in base64. */
  readonly codeSha256: string | undefined
  readonly roleArn: string
  readonly timeoutSeconds: number
  readonly state: string | undefined
  readonly stateReason: string | undefined
  readonly lastUpdate: string | undefined
  readonly logGroup: string
  /** Variables that are no secrets: the endpoint, and the level of the log. */
  readonly endpoint: string | undefined
  readonly logLevel: string | undefined
  readonly subnetIds: readonly string[]
  readonly groupIds: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Reserved concurrency; undefined where there is none. */
  readonly reserved: Answer<number | undefined>
  /** The smallest provisioned concurrency that is configured. */
  readonly provisioned: Answer<number | undefined>
  /** How often Lambda refused to start it in the last three days. */
  readonly throttles: Answer<number>
  /** The resource policy, as JSON; undefined where there is none. */
  readonly policy: Answer<string | undefined>
}

/** A line of the function's log. */
export interface LogLine {
  readonly time: number
  /** The fields of Keyturn's own lines. */
  readonly step: string | undefined
  readonly version: string | undefined
  readonly secret: string | undefined
  readonly code: string | undefined
  /** The line, or the message of its error. */
  readonly text: string
}

/** IAM's simulated decision on one action of the function's role. */
export interface Decision {
  readonly action: string
  readonly resource: string
  readonly decision: 'allowed' | 'implicitDeny' | 'explicitDeny'
  /** Whose policy decided, where it was not the role's own. */
  readonly by: 'organization' | 'boundary' | undefined
}

export interface Key {
  readonly arn: string
  readonly state: string
  readonly policy: Answer<string>
}

/** Whether somebody would hear of failed rotations. */
export interface Alarms {
  /** Whether a trail logs what Secrets Manager does, in this Region. */
  readonly trail: Answer<boolean>
  /** Rules of EventBridge that wait for failed rotations. */
  readonly rules: Answer<
    readonly { readonly name: string; readonly enabled: boolean; readonly topics: readonly string[] }[]
  >
  /** Topics of those rules without a confirmed subscription. */
  readonly unheard: Answer<readonly string[]>
}

/** An error of ours: its code, what happened, and what mends it. */
export interface Checked {
  readonly code: string
  readonly text: string
  readonly remedy: string
}

/** Fields of the value that are no secrets, read only with --read-value. */
export interface ValueFields {
  readonly host: string | undefined
  readonly username: string | undefined
  readonly engine: string | undefined
  readonly superuserArn: string | undefined
  /** The service that manages the superuser secret: rds. */
  readonly superuserOwner: string | undefined
  readonly isJson: boolean
}

/** Everything that doctor has looked at. The causes draw conclusions from it, and ask no service themselves. */
export interface Seen {
  readonly now: number
  readonly region: string
  readonly secretId: string
  readonly secret: Answer<Secret>
  readonly versions: Answer<readonly VersionFacts[]>
  /** The secret's own resource policy. */
  readonly policy: Answer<string | undefined>
  /** The function; undefined where the secret names one that does not exist. */
  readonly lambda: Answer<Lambda | undefined>
  /** The code of releases; undefined where the command has no list of it. */
  readonly released: ReleasedCode | undefined
  /** The function's network; undefined where it is in no VPC. */
  readonly network: Answer<Network | undefined>
  readonly role: Answer<readonly Decision[]>
  readonly key: Answer<Key | undefined>
  readonly log: Answer<readonly LogLine[]>
  readonly traces: Answer<readonly Trace[]>
  readonly alarms: Alarms
  readonly probe: Answer<Probed>
  readonly value: Answer<ValueFields>
}
