/**
 * Waits until no run can go on by itself. Node takes the next tick when no promise is left to be resolved, and the code under
 * test waits for nothing but promises.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

/** Lets Node do its other work: printing, and listening to Ctrl-C. */
export function breathed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
