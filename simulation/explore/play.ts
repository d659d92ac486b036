import { restore } from '../world/world.ts'
import { end } from './ending.ts'
import type { Option } from './events.ts'
import { happen, optionsAt } from './happen.ts'
import type { Ending } from './history.ts'
import { judge } from './judge.ts'
import { endOutlived, type Next, newScene, nextCall, type Say, stateOfScene } from './scene.ts'
import { settled } from './settled.ts'
import type { Stage } from './stage.ts'

/** Decides what happens at each moment of a history. */
export interface Choices {
  /**
   * @param options the possible events besides the next call
   * @param state the same text for moments with the same future
   * @param next the next call; undefined when all processes have ended
   * @returns the event; undefined for the next call; 'stop' where the rest is known
   */
  at(moment: number, options: () => readonly Option[], state: () => string, next?: Next): string | undefined
}

export interface Played {
  /** The predicate that was broken, if one was; the history ends there. */
  readonly broken: string | undefined
  /** Predicates that somebody broke at the target by hand, and that a remedy has mended. */
  readonly brokenByHand: ReadonlySet<string>
  readonly marks: ReadonlySet<string>
  /** Set where `Choices` said stop. */
  readonly stopped: boolean
  readonly moments: number
}

/** The most moments of a history. A longer one has a run that never ends. */
const mostMoments = 2_000

/**
 * Plays one history from its beginning to its end.
 * @throws Error where a choice is no option
 */
export async function play(stage: Stage, choices: Choices, say?: Say): Promise<Played> {
  const { world, type } = stage
  restore(world, stage.start)
  const scene = newScene(stage, say)
  const judging = judge(world, type)
  const played = (moments: number, ending: Partial<Ending> = {}, stopped = false): Played => {
    const { broken, marks = world.marks } = ending
    return { broken, brokenByHand: judging.brokenByHand, marks, stopped, moments }
  }
  for (let moment = 0; moment < mostMoments; moment++) {
    const next = await nextCall(scene)
    const what = choices.at(
      moment,
      () => optionsAt(scene, next),
      () => stateOfScene(scene),
      next,
    )
    if (what === 'stop') return played(moment, {}, true)
    if (next === undefined && what === undefined) return played(moment, await end(scene, judging))
    happen(scene, what, next)
    endOutlived(scene)
    await settled()
    if (say !== undefined && next?.run.state === 'failed')
      say(`run ${next.process.label}: it failed: ${firstSentences(next.run.error)}`)
    if (what === undefined && next?.pending.call.kind === 'read') continue
    const broken = judging.look()
    if (broken !== undefined) return played(moment + 1, { broken })
  }
  return played(mostMoments, { broken: 'the-rotation-ends' })
}

function firstSentences(error: unknown): string {
  const [what = ''] = String(error).split(' Likely cause:')
  return what
}
