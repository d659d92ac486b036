import type { Environment } from '../../shared/environment.ts'

export interface AccessKeySettings {
  /** For SMTP passwords of secrets that name no Region. */
  readonly region: string
}

/** Reads AWS_REGION, which Lambda sets. */
export function settings({ AWS_REGION: region = '' }: Environment): AccessKeySettings {
  return { region }
}
