// The parts of oidc-provider that the test servers need: it comes without types.

declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  interface Token {
    readonly grantId: string
    readonly isValid: boolean
    readonly consumed?: number
    save(): Promise<string>
  }

  export default class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    on(event: string, listener: (...args: never[]) => void): this
    proxy: boolean
    readonly Client: { find(id: string): Promise<{ readonly clientSecret?: string } | undefined> }
    readonly ClientCredentials: { find(value: string): Promise<Token | undefined> }
    readonly InitialAccessToken: new (payload: {
      readonly policies: readonly string[]
    }) => { save(): Promise<string> }
    readonly Grant: (new (
      payload: object,
    ) => Grant) & { find(id: string): Promise<(Grant & { destroy(): Promise<void> }) | undefined> }
    readonly AccessToken: (new (payload: object) => Token) & { find(value: string): Promise<Token | undefined> }
    readonly RefreshToken: (new (payload: object) => Token) & { find(value: string): Promise<Token | undefined> }
  }
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  export default class MemoryAdapter {
    constructor(model: string)
  }
}
