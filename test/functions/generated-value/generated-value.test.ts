import { callCases } from '../../contract/call-cases.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { generatedValue } from './secret-type.ts'

await secretTypeContract(generatedValue, undefined, (suite) => callCases(suite, rotationCalls.GeneratedValue.usual))
