import { randomUUID } from 'node:crypto'
import { isServiceError } from './errors.ts'
import { reattempt, startRotation } from './rotation.ts'
import { nextWindow, type Secret, type Service } from './store.ts'
import { lonePending } from './versions.ts'

/** Sets the alarm for the next rotation window and for all that follow, in place of any earlier one. */
export function armSchedule(service: Service, secret: Secret): void {
  secret.cancelSchedule()
  const opens = nextWindow(service, secret)?.opens
  if (opens === undefined) return
  secret.cancelSchedule = service.clock.at(opens, () => {
    const due = nextWindow(service, secret, opens - 1)?.opens === opens
    const rotation = due ? rotateNow(service, secret) : undefined
    armSchedule(service, secret)
    return rotation
  })
}

/** Takes up a rotation that is stuck; otherwise the schedule would be stuck, too. */
async function rotateNow(service: Service, secret: Secret): Promise<void> {
  const token = secret.rotation?.token ?? lonePending(secret)?.id
  if (token !== undefined) return reattempt(service, secret, token)
  try {
    await startRotation(service, secret, 'rotation', randomUUID())
  } catch (error) {
    if (!isServiceError(error)) throw error
    service.events.service('RotationFailed', secret, 'none', error.message)
  }
}
