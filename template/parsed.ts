import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type CollectionTag, Pair, parseDocument, type ScalarTag, type Tags, YAMLMap } from 'yaml'

/** A value in a template: intrinsic functions have their long form, `{ Ref: … }` or `{ 'Fn::Sub': … }`. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }
export type Mapping = { [key: string]: Value }

export interface Parameter {
  readonly Type: 'String' | 'Number' | 'CommaDelimitedList' | `List<${string}>`
  readonly Description: string
  readonly Default?: string | number
  readonly AllowedValues?: readonly (string | number)[]
  readonly AllowedPattern?: string
  readonly ConstraintDescription?: string
  readonly MinValue?: number
  readonly MaxValue?: number
}

export interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly Metadata?: Mapping
  readonly Properties: Mapping
  readonly DependsOn?: string | readonly string[]
  readonly DeletionPolicy?: string
}

export interface Template {
  readonly Metadata: Mapping
  readonly Parameters: Readonly<Record<string, Parameter>>
  readonly Rules: Readonly<Record<string, { Assertions: { Assert: Value; AssertDescription: string }[] }>>
  readonly Conditions: Readonly<Record<string, Value>>
  readonly Globals: { readonly Function: Mapping }
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs: Readonly<Record<string, { Condition?: string; Value: Value; Export?: { Name: Value } }>>
}

const functions = [
  'And',
  'Condition',
  'EachMemberEquals',
  'Equals',
  'GetAtt',
  'If',
  'Join',
  'Not',
  'Or',
  'Ref',
  'Split',
  'Sub',
]

/** CloudFormation's short forms. Any other tag is a warning of the parser, so that no function is overlooked. */
const shortForms: Tags = functions.flatMap((name) => {
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`
  const scalar: ScalarTag = {
    tag: `!${name}`,
    resolve: (text) => ({ [key]: name === 'GetAtt' ? text.split(/\.(.*)/s, 2) : text }),
  }
  const list: CollectionTag = {
    tag: `!${name}`,
    collection: 'seq',
    resolve(items) {
      const map = new YAMLMap()
      map.add(new Pair(key, items))
      return map
    },
  }
  return [scalar, list]
})

/** @param path from the root of the repository */
export function readTemplate(path: string): Template {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  return parseTemplate(readFileSync(file, 'utf8'))
}

export function parseTemplate(text: string): Template {
  const document = parseDocument(text, { merge: true, customTags: shortForms })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw problem
  return document.toJS() as Template
}
