import type { SimulatedType } from '../world/simulated-type.ts'
import { apiKeyCases, simulatedApiKey } from './api-keys.ts'
import { databaseCases, simulatedDatabase } from './databases.ts'
import { generated } from './generated-value.ts'
import { simulatedIam } from './iam.ts'
import { oauthCases, simulatedOauth } from './oauth.ts'
import { simulatedSsh, sshCases } from './ssh.ts'

/** All kinds of secrets that are simulated. */
export const types: readonly SimulatedType[] = [
  generated,
  ...databaseCases.map(simulatedDatabase),
  ...sshCases.map((each) => simulatedSsh(each)),
  ...apiKeyCases.map((each) => simulatedApiKey(each)),
  simulatedIam(),
  ...oauthCases.map((each) => simulatedOauth(each)),
]
