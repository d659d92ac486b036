import { hash } from 'node:crypto'
import { answer } from '../world/run.ts'
import { mark, write } from '../world/world.ts'
import { faults, faultsOf, type Option, operatorActs, quietly } from './events.ts'
import type { Next, Scene } from './scene.ts'

/**
 * The events that are possible at a moment besides the next call. A human act on the secret and a call of the target do not touch
 * one another, so that the act may as well come after the call: it is offered there alone.
 */
export function optionsAt({ processes, current, late, stage }: Scene, next: Next | undefined): Option[] {
  const options: Option[] = []
  const { world } = stage
  const { target } = world
  const kind = next?.pending.call.kind
  processes.forEach(({ label, over }, index) => {
    // A run that waits lets others go on: that is no preemption.
    if (index !== current && !over) options.push({ what: label, cost: kind === 'wait' ? 'free' : 'preemption' })
  })
  if (next !== undefined)
    for (const what of faultsOf[next.pending.call.kind])
      if (isPossible(what, world, next.pending.call)) options.push({ what, cost: 'fault' })
  if (late.length > 0 && next !== undefined) options.push({ what: 'land', cost: 'free' })
  const [ofSecret, ofTarget] = [kind === 'read' || kind === 'write', kind === 'look' || kind === 'change']
  if (target.crash !== undefined && ofTarget) options.push({ what: 'crash', cost: 'fault' })
  const acts = [...(ofTarget ? [] : Object.keys(operatorActs)), ...(ofSecret ? [] : Object.keys(target.acts))]
  if (kind !== 'wait') for (const what of acts) options.push({ what, cost: 'act' })
  return options
}

function isPossible(what: string, { before, secret }: Scene['stage']['world'], call: Next['pending']['call']): boolean {
  if (what === 'unsent') return call.unsent !== undefined
  return what !== 'stale' || (call.stale !== undefined && before !== secret.views)
}

/**
 * Lets one event happen.
 * @param what an option of this moment, or undefined for the call that comes next
 * @throws Error where that is no option
 */
export function happen(scene: Scene, what: string | undefined, next: Next | undefined): void {
  const { world } = scene.stage
  if (next !== undefined && (what === undefined || what in faults)) {
    call(scene, what, next)
    return
  }
  const other = scene.processes.findIndex(({ label, over }) => label === what && !over)
  if (other !== -1) {
    scene.current = other
    return
  }
  if (what === 'land') {
    land(scene)
    return
  }
  if (what === 'crash') {
    scene.say?.('the target crashes, and starts again')
    world.target.crash?.()
    return
  }
  act(scene, what ?? 'nothing')
}

function call({ say, late }: Scene, what: string | undefined, { process, run, pending }: Next): void {
  run.pending.shift()
  const { name } = pending.call
  const fault = faults[what ?? '']
  if (fault === undefined) {
    const heard = answer(pending, pending.call.effect)
    run.heard = hash('sha1', `${run.heard}${name}${heard}`, 'base64')
    say?.(
      `run ${process.label}: ${name}${/^\w*(Error|Exception): |^[A-Z]\w+: /.test(heard) ? `: ${short(heard)}` : ''}`,
    )
    return
  }
  say?.(`run ${process.label}: ${name}: ${fault.story}`)
  fault.strike(pending, run, late)
  run.heard = hash('sha1', `${run.heard}${name}${what}`, 'base64')
}

/** Lets the late call of a dead run arrive. */
export function land({ late, say, stage }: Scene): void {
  const sent = late.shift()
  if (sent === undefined) return
  if (sent.run.ends < stage.world.secrets.clock.now()) mark(stage.world, 'arrived late')
  say?.(`run ${sent.run.label} is dead, but now it arrives: ${sent.pending.call.name}`)
  quietly(sent.pending.call.effect)
}

function act({ stage: { world }, say }: Scene, what: string): void {
  const operator = operatorActs[what]
  const human = world.target.acts[what]
  if (operator === undefined && human === undefined) throw new Error(`"${what}" cannot happen here.`)
  say?.(operator?.story ?? human?.story ?? what)
  if (operator !== undefined) quietly(() => operator.act(world))
  else write(world, () => human?.act())
  mark(world, what)
}

function short(text: string): string {
  const [line = ''] = text.split(' Likely cause:')
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}
