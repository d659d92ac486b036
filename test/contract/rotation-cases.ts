import { expect, it } from 'vitest'
import { fourSteps } from '../support/secrets-manager.ts'
import type { Suite } from './suite.ts'

/** The purpose of a rotation: a new value that works, and the promise about the old one. */
export function rotationCases({ type, secrets, stored }: Suite): void {
  it('a rotation promotes a new value, which works', async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    const { AWSCURRENT = '', AWSPREVIOUS } = await target.staged()
    expect(AWSCURRENT).not.toBe(target.value)
    expect(AWSPREVIOUS).toBe(target.value)
    expect(await target.works(AWSCURRENT)).toBe(true)
  })

  const promise = {
    works: 'the old value works on until the next rotation',
    'is refused': 'the old value stops working',
    'is nowhere known': 'the old value stays readable as AWSPREVIOUS',
  }
  it(promise[type.oldValue], async () => {
    const target = await stored()
    await secrets.rotate(target.secretId)
    expect((await target.staged()).AWSPREVIOUS).toBe(target.value)
    if (type.oldValue !== 'is nowhere known') expect(await target.works(target.value)).toBe(type.oldValue === 'works')
  })

  if (type.oldValue === 'works') {
    it('a client that uses a value all the time is never refused, be it the value in use or a cached one', async () => {
      const target = await stored()
      let rotating = true
      const uses = async (value: () => Promise<string>) => {
        const results: boolean[] = []
        // On a busy machine few fit into a rotation.
        while (rotating || results.length < 3) results.push(await target.works(await value()))
        return results
      }
      const cached = uses(async () => target.value)
      const fresh = uses(async () => await secrets.storedValue(target.secretId, 'AWSCURRENT'))
      await secrets.rotate(target.secretId)
      rotating = false
      expect([...(await cached), ...(await fresh)]).not.toContain(false)
    })
  }

  it('three rotations in a row promote three values, the last of which works', async () => {
    const target = await stored()
    const values = new Set([target.value])
    for (let round = 0; round < 3; round++) {
      await secrets.rotate(target.secretId)
      const AWSCURRENT = await target.stagedValue('AWSCURRENT')
      values.add(AWSCURRENT)
      expect(await target.works(AWSCURRENT)).toBe(true)
    }
    expect(values.size).toBe(4)
  })

  it('a test without a rotation (RotateImmediately=false) passes and changes nothing', async () => {
    const target = await stored()
    const before = await target.snapshot()
    await secrets.testOnly(target.secretId)
    expect(await target.snapshot()).toEqual(before)
    expect(await target.staged()).toEqual({ AWSCURRENT: target.value })
    expect(await target.works(target.value)).toBe(true)
  })

  it('the value in use works at every moment of a rotation, or the pending one does', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    for (const step of fourSteps) {
      await rotation.run(step)
      await target.expectOneWorks()
    }
    await target.expectPromoted(rotation, target.value)
  })
}

/** Names and values that break texts which are put together carelessly. */
export function hostileCases({ type, secrets, stored }: Suite): void {
  for (const [oddity, make] of Object.entries(type.hostile)) {
    it(`rotates twice with ${oddity}`, async () => {
      const target = await stored(make)
      for (let round = 0; round < 2; round++) {
        const before = await target.stagedValue('AWSCURRENT')
        const rotation = await secrets.begin(target.secretId)
        await rotation.run(...fourSteps)
        await rotation.end()
        await target.expectPromoted(rotation, before)
      }
    })
  }
}
