import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import { lineOf, pemIn, secretPartsOf, testKey, writtenKeyIn } from '../../support/ssh.ts'
import type { TransferApi } from '../../support/transfer-api.ts'

/** A user with a first key, and the first value of its secret. */
export async function transferTarget(
  api: TransferApi,
  fields: Readonly<Record<string, unknown>> = {},
  { foreign = [], username: name }: { readonly foreign?: readonly string[]; readonly username?: string } = {},
): Promise<Target & { readonly username: string }> {
  const { pem, line } = await testKey()
  const username = await api.user([...foreign, `${line} first@example`], name)
  const value = JSON.stringify({ private_key: pem, server_id: api.serverId, username, ...fields })
  return {
    value,
    username,
    async works(text) {
      if (text.replace(writtenKeyIn(text), '') !== value.replace(writtenKeyIn(value), '')) {
        throw new Error('The value has changed in more than its key.')
      }
      const keys = await api.keys(username)
      const missing = foreign.filter((key) => !keys.includes(key))
      if (missing.length > 0 || keys.length > foreign.length + 3) throw new Error(`The keys are ${keys.join()}`)
      // moto has no endpoint to log in at: a key works that the user has.
      return keys.some((key) => key.startsWith(lineOf(pemIn(text))))
    },
    snapshot: async () => [...(await api.keys(username))].sort(),
    sensitive: secretPartsOf,
    others: [],
    logins: [],
  }
}

export function transferUserKey(api: TransferApi): SecretTypeUnderTest {
  return {
    title: 'Transfer Family user key',
    server: 'moto 5.2',
    function: {
      id: 'TransferUserKey',
      module: 'functions/transfer/user-key.ts',
      env: { AWS_ENDPOINT_URL_TRANSFER: api.url },
    },
    oldValue: 'works',
    sequences: 3,
    fresh: () => transferTarget(api),
    hostile: {
      'keys of other people, and unknown fields': async () => {
        const others = await Promise.all([testKey(), testKey()])
        const foreign = [`${others[0].line} a`, `${others[1].line} keyturn:other:x`]
        return transferTarget(api, { note: 'stays', z: [null] }, { foreign })
      },
    },
  }
}
