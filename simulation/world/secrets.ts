import { arnOfFunction, defaultRegion } from '../../local/secrets-manager/arns.ts'
import { describeOperation } from '../../local/secrets-manager/service/descriptions.ts'
import type { Operation } from '../../local/secrets-manager/service/operation.ts'
import { rotateOperations } from '../../local/secrets-manager/service/rotate.ts'
import { secretOperations } from '../../local/secrets-manager/service/secrets.ts'
import type { Secret, Service, Version } from '../../local/secrets-manager/service/store.ts'
import { valueOperations } from '../../local/secrets-manager/service/values.ts'
import { type SimulatedClock, simulatedClock } from './clock.ts'

/** The rules of the laptop's Secrets Manager, called without sockets. */
export interface Secrets {
  readonly service: Service
  readonly clock: SimulatedClock
  /** Carries out a call of the API. Throws ServiceError. */
  call(operation: string, input: object): Record<string, unknown>
}

const operations: Readonly<Record<string, Operation>> = {
  ...secretOperations,
  ...describeOperation,
  ...valueOperations,
  ...rotateOperations,
}

export const functionArn = arnOfFunction('Simulated')

/** @returns a Secrets Manager without secrets. Its function does nothing: the histories invoke the steps */
export function simulatedSecrets(): Secrets {
  const clock = simulatedClock()
  const silent = { id: 'Simulated', arn: functionArn, invoke: async () => ({ ok: true, logs: '' }) as const }
  const service: Service = {
    region: defaultRegion,
    secrets: new Map(),
    clock,
    events: {
      list: () => [],
      names: () => [],
      subscribe: () => () => undefined,
      service: () => undefined,
      labelUpdated: () => undefined,
    },
    logs: { of: () => undefined, keptFor: (lambda) => lambda },
    functions: [{ ...silent, kill: () => undefined, close: async () => undefined }],
    retryDelaysMs: [],
    visibilityLagMs: 0,
    anyVersionAbandons: false,
    onStep: () => undefined,
    // The histories invoke the steps themselves.
    hold: async () => undefined,
    underWay: new Set(),
  }
  return {
    service,
    clock,
    call(operation, input) {
      const work = operations[operation]
      if (work === undefined) throw new Error(`There is no operation ${operation}.`)
      return (work(service, input) ?? {}) as Record<string, unknown>
    },
  }
}

/** A copy that a history may change. The views that reads see are never changed in place, so they are shared. */
export function copyOfSecret(secret: Secret): Secret {
  const versions = new Map([...secret.versions].map(([id, version]) => [id, copyOfVersion(version)]))
  const rotation = secret.rotation && { ...secret.rotation }
  const configuration = secret.configuration && { ...secret.configuration }
  return { ...secret, versions, views: [...secret.views], rotation, configuration }
}

function copyOfVersion(version: Version): Version {
  return { ...version, stages: new Set(version.stages) }
}

/** A text that is the same for two states of a secret if nobody can tell them apart. */
export function stateOfSecret(secret: Secret): string {
  let text = `${secret.configuration?.enabled} ${secret.rotation?.token}`
  for (const { id, stages, value } of secret.versions.values()) {
    text += `\n${id} ${[...stages].sort().join()} ${JSON.stringify(value)}`
  }
  return text
}
