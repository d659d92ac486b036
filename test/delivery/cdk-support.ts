import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { inject } from 'vitest'
import type { Mapping, Template as Parsed } from '../../template/parsed.ts'
import { type Stack as Deployed, deploy } from '../template/stack.ts'

/** The zip of a function, of the release that the tests share. */
export function zipOf(id: string): string {
  return join(inject('release'), `${id}.zip`)
}

/** A stack that is synthesised without an account, a look-up or a build. */
export function stackOf(make: (stack: Stack) => void, name = 'keyturn'): Template {
  const stack = new Stack(new App({ analyticsReporting: false }), name)
  make(stack)
  return Template.fromStack(stack)
}

/** What CloudFormation would make of it. */
export function deployed(template: Template): Deployed {
  return deploy({ Rules: {}, Conditions: {}, Outputs: {}, ...template.toJSON() } as unknown as Parsed)
}

/** The properties of the only resource of a type. */
export function only(
  { resources }: Deployed,
  type: string,
  among: (properties: Mapping) => boolean = () => true,
): Mapping {
  const found = Object.values(resources).filter(({ Type, Properties }) => Type === type && among(Properties))
  if (found.length !== 1) throw new Error(`There are ${found.length} of ${type}.`)
  return found[0]?.Properties ?? {}
}
