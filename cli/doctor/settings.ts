import type { clientSettings } from '../aws/connection.ts'

/** The settings of doctor's clients. Each client is made where it is used, so that a bundle has only the parts that are used. */
export type Settings = ReturnType<typeof clientSettings>
