import { afterAll } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { sftpGate } from '../../support/sftp-gate.ts'
import { writeKeys } from '../../support/ssh.ts'

// Every connection is a call, and every operation of SFTP.
await crashContract({
  async type(gate) {
    const gated = await sftpGate(gate)
    const host = await startSshd({ sftp: gated.command })
    gated.serve(host)
    afterAll(async () => {
      await gated[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    })
    const around = ['# of somebody else\n', '\nssh-ed25519 AAAA broken\n'] as const
    const type = sshKey([host])
    return {
      type: {
        ...type,
        async fresh() {
          await writeKeys(host, '')
          return sshTarget([host], { hosts: [{ port: gated.port }], around })
        },
      },
    }
  },
  calls: stepCalls.SshKey.usual,
})
