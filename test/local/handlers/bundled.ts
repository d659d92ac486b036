/** Has no dependency, so that its bundle runs from anywhere. */
export const handler = async ({ Step }: { readonly Step: string }): Promise<void> => {
  console.log(`bundled ${Step}`)
}
