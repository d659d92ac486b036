import type { StepEnded, StepStarted } from '../secrets-manager/functions/invocation.ts'
import type { RotationStep } from './rotation-step.ts'

/** Keeps the steps that have ended, as users see them. */
export function stepLog() {
  const ended: RotationStep[] = []
  function onStep(step: StepStarted | StepEnded) {
    if (step.phase === 'started') return
    const { secretName, functionId, token, attempt, durationMs, logs, error } = step
    ended.push({
      step: step.step,
      secretName,
      functionName: functionId,
      versionId: token,
      attempt,
      durationMs,
      logs,
      ...(error === undefined ? {} : { error: { name: error.errorType, message: error.errorMessage } }),
    })
  }
  return { steps: (): readonly RotationStep[] => [...ended], onStep }
}
