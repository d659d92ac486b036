/** Whether a host can have accounts and file systems of its own: local/servers/jail.ts. */
export const isRoot = process.getuid?.() === 0
