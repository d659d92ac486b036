import type { Target } from '../world/target.ts'

/** What the server does with a refresh token that was used. */
export type RefreshRotation = 'none' | 'grace' | 'single_use'

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** One grant at an OAuth server. */
export interface OauthServer extends Target {
  /** A token request. @throws Error invalid_grant */
  refresh(token: string, now: number): Tokens
  /** Whether introspection says that a refresh token is active. */
  isActive(token: string): boolean
  isAlive(value: string): boolean
}

/** How long the former token is answered again where there is a grace, in milliseconds. */
export const graceMs = 60_000

interface State {
  readonly generation: number
  /** How many access tokens were given out. */
  readonly issued: number
  readonly consumedAt: number
  readonly isDead: boolean
  readonly byHand: boolean
  readonly broken: ReadonlySet<string>
}

const first: State = { generation: 0, issued: 0, consumedAt: 0, isDead: false, byHand: false, broken: new Set() }

export function oauthServer(rotation: RefreshRotation, before: State = first): OauthServer {
  let state = before
  const tokens = () => ({ access_token: `A${state.issued}`, refresh_token: `R${state.generation}` })
  const breaks = (name: string) => new Set([...state.broken, name])
  return {
    get broken() {
      return state.broken
    },
    state: () => JSON.stringify([{ ...state, broken: [...state.broken] }]),
    copy: () => oauthServer(rotation, state),
    works: () => !state.isDead,
    isAlive: () => !state.isDead,
    isActive: (token) => !state.isDead && token === `R${state.generation}`,
    refresh(token, now) {
      if (state.isDead) throw new Error('invalid_grant')
      if (token === `R${state.generation}`) {
        const generation = rotation === 'none' ? state.generation : state.generation + 1
        state = { ...state, generation, issued: state.issued + 1, consumedAt: now }
        return tokens()
      }
      const isLast = token === `R${state.generation - 1}` && now - state.consumedAt <= graceMs
      if (rotation === 'grace' && isLast) return tokens()
      // RFC 9700, 4.14.2: a token that comes twice counts as stolen, and the whole grant ends.
      state = { ...state, isDead: true, broken: breaks('consumed-once') }
      throw new Error('invalid_grant')
    },
    mended(value) {
      const broken = state.byHand ? state.broken : breaks('nothing-lost')
      state = { ...state, generation: state.generation + 1, issued: state.issued + 1, isDead: false, broken }
      return JSON.stringify({ ...(JSON.parse(value) as object), ...tokens() })
    },
    acts: {
      password: {
        story: 'somebody revokes the grant at the server',
        act() {
          state = { ...state, isDead: true, byHand: true }
        },
      },
    },
  }
}
