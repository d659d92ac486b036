/**
 * The entries of providers that come with the functions, by name. Each is checked when it is used. What its members were read
 * in stands in providers/sources/.
 */
export const bundled: Readonly<Record<string, unknown>> = {}
