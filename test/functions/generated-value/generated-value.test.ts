import { secretTypeContract } from '../../contract/secret-type.ts'
import { generatedValue } from './secret-type.ts'

await secretTypeContract(generatedValue)
