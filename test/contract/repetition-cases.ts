import fc from 'fast-check'
import { expect, it } from 'vitest'
import { holds } from '../support/property.ts'
import { fourSteps } from '../support/secrets-manager.ts'
import type { Suite } from './suite.ts'

/** Steps that run twice, at the same time, or again from the beginning: Secrets Manager does all of that. */
export function repetitionCases({ type, secrets, stored }: Suite): void {
  for (const repeated of fourSteps) {
    it(`a retried ${repeated} changes nothing`, async () => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      for (const step of fourSteps) {
        await rotation.run(step)
        if (step !== repeated) continue
        const before = [await target.staged(), await target.snapshot(), await secrets.labels(target.secretId)]
        await rotation.run(step)
        expect([await target.staged(), await target.snapshot(), await secrets.labels(target.secretId)]).toEqual(before)
      }
      await target.expectPromoted(rotation, target.value)
    })

    it(`two runs of ${repeated} at the same time end as one`, async () => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      for (const step of fourSteps) {
        if (step === repeated) await Promise.all([rotation.run(step), rotation.run(step)])
        else await rotation.run(step)
        await target.expectOneWorks()
      }
      await target.expectPromoted(rotation, target.value)
    })
  }

  it('testSecret changes nothing', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret', 'setSecret')
    const before = [await target.staged(), await target.snapshot(), await secrets.labels(target.secretId)]
    await rotation.run('testSecret')
    expect([await target.staged(), await target.snapshot(), await secrets.labels(target.secretId)]).toEqual(before)
  })

  it('the steps of a finished rotation, sent again, succeed and change nothing', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run(...fourSteps)
    const before = [await target.staged(), await target.snapshot(), await secrets.labels(target.secretId)]
    await rotation.run(...fourSteps)
    expect([await target.staged(), await target.snapshot(), await secrets.labels(target.secretId)]).toEqual(before)
  })

  it('createSecret keeps a value that somebody else has stored already', async () => {
    const [target, donor] = [await stored(), await stored()]
    await secrets.rotate(donor.secretId)
    const rotation = await secrets.begin(target.secretId)
    const donated = await donor.stagedValue('AWSCURRENT')
    const value = target.value.replace(target.sensitive(target.value)[0] ?? '', donor.sensitive(donated)[0] ?? '')
    await secrets.storePending(rotation, value)
    await rotation.run('createSecret')
    expect((await target.staged()).AWSPENDING).toBe(value)
  })

  it('steps repeated in any order that the service may choose leave a value that works, and the rotation ends', async () => {
    const picks = fc.array(fc.record({ step: fc.nat(), twice: fc.boolean() }), { minLength: 1, maxLength: 7 })
    const property = fc.asyncProperty(picks, async (sequence) => {
      const target = await stored()
      const rotation = await secrets.begin(target.secretId)
      let reached = 0
      for (const { step, twice } of sequence) {
        // The service never goes on before a step has succeeded, but it may start again from any earlier one.
        const index = step % Math.min(reached + 1, fourSteps.length)
        const name = fourSteps[index] ?? 'createSecret'
        await Promise.all([rotation.run(name), ...(twice ? [rotation.run(name)] : [])])
        if (index === reached) reached++
        await target.expectOneWorks()
      }
      await rotation.run(...fourSteps)
      await target.expectPromoted(rotation, target.value)
    })
    await holds(property, type.sequences ?? 4)
  })
}
