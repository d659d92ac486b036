import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { DatabaseSecret } from 'aws-cdk-lib/aws-rds'
import { type ISecret, Secret, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager'
import { afterAll, inject } from 'vitest'
import type { Template as Parsed } from '../../template/parsed.ts'
import { type Stack as Deployed, deploy } from '../template/stack.ts'

/** The zip of a function, of the release that the tests share. */
export function zipOf(id: string): string {
  return join(inject('release'), `${id}.zip`)
}

const folder = mkdtempSync(join(tmpdir(), 'keyturn-cdk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A folder for what is synthesised, which goes when the tests of the file have ended. */
export function outdir(): string {
  return mkdtempSync(join(folder, 'out-'))
}

/**
 * An app that is synthesised without an account, a look-up or a build.
 * @param checked whether CDK's check of templates (cloudformation-validate, which takes seconds) fails it for anything it finds
 */
export function appWith({ checked = false } = {}): App {
  const context = { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:strictCfnValidateErrors': true }
  return new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: checked,
    context,
    outdir: outdir(),
  })
}

/** What is synthesised of a stack. */
export function stackOf(make: (stack: Stack) => void, app = appWith()): Template {
  const stack = new Stack(app, 'keyturn')
  make(stack)
  return Template.fromStack(stack)
}

/** What CloudFormation would make of it. */
export function deployed(template: Template): Deployed {
  return deploy({ Rules: {}, Conditions: {}, Outputs: {}, ...template.toJSON() } as unknown as Parsed)
}

// With exactOptionalPropertyTypes, as this repository has it, classes of aws-cdk-lib are not what their own interfaces say.

export function vpcIn(stack: Stack): IVpc {
  return new Vpc(stack, 'Vpc') as IVpc
}

export function secretIn(stack: Stack, id: string, props?: SecretProps): ISecret {
  return new Secret(stack, id, props) as ISecret
}

export function loginIn(stack: Stack): ISecret {
  return new DatabaseSecret(stack, 'Login', { username: 'shop' }) as ISecret
}
