import type { clientSettings } from '../aws/connection.ts'

/** What the clients of doctor are made with. Each is made where it is used: a bundle then has what is used of it alone. */
export type Settings = ReturnType<typeof clientSettings>
