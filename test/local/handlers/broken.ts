export const handler = async (): Promise<void> => {}

throw new Error('this module can not be loaded')
