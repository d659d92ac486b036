import { simulatedApiKey, simulatedIamKey } from './api-keys.ts'
import { databaseCases, simulatedDatabase } from './databases.ts'
import { generated } from './generated-value.ts'
import { oauthCases, simulatedOauth } from './oauth.ts'
import type { SimulatedType } from './simulated-type.ts'
import { simulatedSsh } from './ssh.ts'

/** All kinds of secrets that are simulated. */
export const types: readonly SimulatedType[] = [
  generated,
  ...databaseCases.map(simulatedDatabase),
  simulatedSsh(),
  simulatedApiKey(),
  simulatedIamKey(),
  ...oauthCases.map((each) => simulatedOauth(each)),
]
