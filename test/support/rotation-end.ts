import type { LocalSecretsManager } from '../../local/secrets-manager/start.ts'

/** Waits until the service says how a rotation has ended. */
export async function ended({ events }: LocalSecretsManager, token: string): Promise<void> {
  const isEnd = ({ detail }: { readonly detail: Readonly<Record<string, unknown>> }) =>
    String(detail.requestID).endsWith(token) && /Rotation(Succeeded|Failed|Abandoned)$/.test(String(detail.eventName))
  if (events.list().some(isEnd)) return
  await new Promise<void>((resolve) => {
    const stop = events.subscribe((event) => {
      if (!isEnd(event)) return
      stop()
      resolve()
    })
  })
}
