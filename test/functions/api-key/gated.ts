import type { HttpsFront } from '../../../local/servers/https-front.ts'
import type { FaultGate } from '../../contract/fault-gate.ts'

/** Has the function's requests to a provider count at the gate. Those of the suite pass. */
export function gated(front: HttpsFront, gate: FaultGate): void {
  front.spoil = ({ headers, method }) => {
    if (headers['user-agent'] !== 'keyturn') return undefined
    const call = gate.arrive(method)
    if (!call.leaves()) return 'swallow before'
    return {
      change(said) {
        call.answers()
        return said
      },
    }
  }
}
