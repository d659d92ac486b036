import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isAlias, parseDocument, visit } from 'yaml'
import { type Mapping, parseTemplate, readTemplate, type Value } from '../../template/parsed.ts'
import { templateOf } from '../../template/render.ts'
import { idOf, type Row } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { targets } from '../../template/targets.ts'
import { templates, zipTemplates } from '../../template/templates.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { deploy, refusals, type Stack, type Values } from './stack.ts'

const whole = readTemplate('template.yaml')
const telling = { AlarmEmail: 'ops@example.com' }
const network = { SubnetIds: 'subnet-0a1b2c3d', SecurityGroupIds: 'sg-0a1b2c3d' }
const madeGroup = { SubnetIds: network.SubnetIds, VpcId: 'vpc-0a1b2c3d', DatabaseSecurityGroupId: 'sg-1a1b2c3d' }

describe('the templates are made from the rows', () => {
  it.each(Object.entries(templates()))('%s is what npm run template makes', (path, text) => {
    expect(readFileSync(repositoryPath(path), 'utf8')).toBe(text)
  })

  it('there is a template for each target', () => {
    expect(Object.keys(targets).sort()).toEqual([...new Set(rows.map(({ folder }) => folder))].sort())
  })

  it('a row that names no parameter or no statement is refused', () => {
    const [row] = rows as [Row]
    expect(() => templateOf([{ ...row, variables: ['Nonsense'] }])).toThrow('has no Nonsense')
    expect(() => templateOf([{ ...row, statements: ['nonsense'] }])).toThrow('has no nonsense')
    expect(() => templateOf([row], { title: 'x', asks: ['Nonsense'] })).toThrow('has no Nonsense')
  })

  it('a row that needs more has its own memory and time, and an alarm that knows', () => {
    const [row] = rows as [Row]
    const { resources } = deploy(parseTemplate(templateOf([{ ...row, memory: 1024, timeout: 120, vpc: false }])), {
      ...telling,
      ...network,
    })
    const id = idOf(row)
    expect(resources[id]?.Properties).toMatchObject({ MemorySize: 1024, Timeout: 120 })
    expect(resources[id]?.Properties).not.toHaveProperty('VpcConfig')
    const alarm = resources[`${id}Duration`]?.Properties as Mapping
    expect((alarm.Metrics as Mapping[])[1]?.Expression).toBe('duration / (120 * 10)')
    expect(alarm.AlarmDescription).toContain('of its 120 s')
    expect(JSON.stringify(resources[`${id}Role`])).not.toContain('NetworkUse')
  })
})

describe.each(Object.keys(targets))('templates/%s.yaml', (folder) => {
  const template = readTemplate(`templates/${folder}.yaml`)
  const others = Object.fromEntries(
    rows.filter((row) => row.folder !== folder).map((row) => [`With${idOf(row)}`, 'no']),
  )

  it('asks for eight parameters at most', () => {
    const asked = Object.entries(template.Parameters)
    expect(asked.length).toBeLessThanOrEqual(8)
    // Enter is an answer.
    for (const [, { Default }] of asked) expect(Default).toBeDefined()
    const { ParameterGroups } = template.Metadata['AWS::CloudFormation::Interface'] as Mapping
    expect((ParameterGroups as Mapping[]).flatMap(({ Parameters }) => Parameters)).toEqual(asked.map(([name]) => name))
  })

  it.each([
    {},
    { ...telling, ...network, KmsKeyArns: 'key', SuperuserSecretArns: 'superuser', LayerArns: 'layer' },
    madeGroup,
  ])('deploys what template.yaml does with the other functions left out: %o', (all: Values) => {
    const values = Object.fromEntries(Object.entries(all).filter(([name]) => name in template.Parameters))
    const made = deploy(template, values)
    const { resources, outputs } = deploy(whole, { ...others, ...targets[folder]?.instead, ...values })
    expect(inAll(made.resources)).toEqual(inAll(resources))
    expect(made.outputs).toEqual(outputs)
  })

  it('refuses contradictions with the sentences of template.yaml', () => {
    const both = { AlarmEmail: 'ops@example.com', AlarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:operators' }
    const half = 'SubnetIds' in template.Parameters ? [{ SubnetIds: network.SubnetIds }] : []
    for (const values of [both, ...half]) {
      const said = refusals(template, values)
      expect(said).toHaveLength(1)
      expect(said).toEqual(refusals(whole, values))
    }
  })
})

/** Without what may differ: the names of conditions, an empty list of layers, and from where the folder of the code is seen. */
function inAll(resources: Stack['resources']): unknown {
  const entries = Object.entries(resources).map(([id, { Condition, ...resource }]) => [id, resource])
  const text = JSON.stringify(Object.fromEntries(entries)).replaceAll('"../functions/', '"functions/')
  // An empty list stands for no layers.
  return JSON.parse(text.replaceAll(/"Layers":\[\],/g, ''))
}

describe('a permissions boundary', () => {
  const PermissionsBoundaryArn = 'arn:aws:iam::123456789012:policy/boundaries/for-everybody'
  const zips = Object.entries(zipTemplates()).map(([name, text]) => [`zips/${name}`, text] as const)
  const all = [...Object.entries(templates()), ...zips].filter(([name]) => name.endsWith('.yaml'))
  const texts = all.filter(([, text]) => 'PermissionsBoundaryArn' in parseTemplate(text).Parameters)
  const rolesIn = ({ resources }: Stack) => Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role')

  it('can be given to every template that has room for one more parameter', () => {
    const full = Object.keys(targets).filter((folder) => (targets[folder]?.asks.length ?? 0) === 8)
    const names = texts.map(([name]) => name.replace(/^.*\/|\.yaml$/g, ''))
    expect(Object.keys(targets).filter((folder) => !names.includes(folder) && !full.includes(folder))).toEqual([])
    expect(names).toContain('template')
  })

  it.each(texts)('%s: every role has it where it is given, and none otherwise', (_, text) => {
    const template = parseTemplate(text)
    // Roles of functions that are off by default as well.
    const all = 'WithOverdue' in template.Parameters ? { WithOverdue: 'yes' } : {}
    const roles = rolesIn(deploy(template, { ...all, PermissionsBoundaryArn }))
    expect(roles).toHaveLength(text.match(/Type: AWS::IAM::Role$/gm)?.length ?? 0)
    expect(roles.length).toBeGreaterThan(0)
    for (const { Properties } of roles)
      expect(Properties).toMatchObject({ PermissionsBoundary: PermissionsBoundaryArn })
    for (const { Properties } of rolesIn(deploy(template))) expect(Properties).not.toHaveProperty('PermissionsBoundary')
  })
})

describe('the security group that the stack makes', () => {
  const engines = { postgres: 5432, mysql: 3306, mariadb: 3306 }

  it.each(Object.entries(engines))(
    'lets the functions of templates/%s.yaml out to port %i and 443 alone',
    (folder, port) => {
      const { resources } = deploy(readTemplate(`templates/${folder}.yaml`), madeGroup)
      const group: Mapping = { ...resources.FunctionSecurityGroup?.Properties }
      expect(group).toMatchObject({ VpcId: madeGroup.VpcId })
      const tcp = { IpProtocol: 'tcp', Description: expect.any(String) }
      const toDatabase = { DestinationSecurityGroupId: madeGroup.DatabaseSecurityGroupId, FromPort: port, ToPort: port }
      expect(group.SecurityGroupEgress).toEqual([
        { ...tcp, ...toDatabase },
        { ...tcp, CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 },
      ])
      expect(group).not.toHaveProperty('SecurityGroupIngress')
      const own = 'sg-of-keyturn-FunctionSecurityGroup'
      const ports = { IpProtocol: 'tcp', FromPort: port, ToPort: port }
      expect(resources.DatabaseIngress?.Properties).toMatchObject({
        ...ports,
        GroupId: madeGroup.DatabaseSecurityGroupId,
        SourceSecurityGroupId: own,
      })
      const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Serverless::Function')
      expect(functions.map(({ Properties }) => Properties.VpcConfig)).toEqual(
        functions.map(() => ({ SubnetIds: [madeGroup.SubnetIds], SecurityGroupIds: [own] })),
      )
    },
  )

  it('is not made where nobody asks for it, or where groups are given', () => {
    const { resources } = deploy(readTemplate('templates/postgres.yaml'), network)
    expect(Object.values(resources).filter(({ Type }) => Type.startsWith('AWS::EC2::'))).toEqual([])
    expect(resources.PostgresSingleUser?.Properties.VpcConfig).toMatchObject({ SecurityGroupIds: ['sg-0a1b2c3d'] })
  })

  it('opens the port that is given', () => {
    const { resources } = deploy(whole, { ...madeGroup, WithSshKey: 'no', DatabasePort: 6432 })
    expect(resources.DatabaseIngress?.Properties).toMatchObject({ FromPort: 6432, ToPort: 6432 })
  })
})

describe.each(Object.entries(zipTemplates()))('%s of a release', (name, text) => {
  const sam = readTemplate(name === 'template.yaml' ? name : `templates/${name}`)
  const zips = parseTemplate(text)

  it('has no mark of YAML that CloudFormation does not read, and no macro', () => {
    const tokens = parseDocument(text, { logLevel: 'silent' })
    const marked: string[] = []
    visit(tokens, {
      Node: (_key, node) => {
        if (isAlias(node) || ('anchor' in node && node.anchor)) marked.push(String(node))
      },
      Pair: (_key, { key }) => {
        if (String(key) === '<<') marked.push('<<')
      },
    })
    expect(marked).toEqual([])
    expect(zips).not.toHaveProperty('Transform')
    expect(zips).not.toHaveProperty('Globals')
  })

  it.each([{}, { ...telling, KmsKeyArns: 'key', Dashboard: 'yes' }, { ...network, LayerArns: 'a,b' }, madeGroup])(
    'deploys what sam build makes of the other one: %o',
    (all: Values) => {
      const values = Object.fromEntries(Object.entries(all).filter(([parameter]) => parameter in sam.Parameters))
      const [made, wanted] = [deploy(zips, values), deploy(sam, values)]
      const codes: unknown[] = []
      const withoutCode = ({ resources }: Stack) =>
        Object.entries(resources).map(
          ([
            id,
            {
              Metadata,
              Type,
              Properties: { Code, CodeUri, ...properties },
              ...rest
            },
          ]) => {
            if (Code !== undefined) codes.push([id, Code])
            return [id, Type.replace('Serverless', 'Lambda'), properties, rest]
          },
        )
      expect(withoutCode(made)).toEqual(withoutCode(wanted))
      expect(made.outputs).toEqual(wanted.outputs)
      const ids = rows.map(idOf).filter((id) => id in zips.Resources)
      expect(codes).toEqual(ids.map((id) => [id, `./${id}.zip`]))
    },
  )

  it('refuses the same contradictions', () => {
    expect(zips.Parameters).toEqual(sam.Parameters)
    expect(zips.Rules).toEqual(sam.Rules)
  })
})

describe('twenty functions', () => {
  const many = Array.from({ length: 20 }, (_, index): Row => {
    const row = rows[index % rows.length] as Row
    // Half of them with a role of their own kind, so that what names them is longer than Fn::Or takes, too.
    return { ...row, file: `${row.file}-${index}`, statements: ['superuserSecrets', 'databaseServers'] }
  })
  const template = parseTemplate(templateOf(many))
  const ids = many.map(idOf)
  const alone = (only?: string) => Object.fromEntries(ids.map((id) => [`With${id}`, id === only ? 'yes' : 'no']))

  it("stay below CloudFormation's limits", () => {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500)
    expect(Object.keys(template.Parameters).length).toBeLessThanOrEqual(200)
    expect(Object.keys(template.Outputs).length).toBeLessThanOrEqual(200)
    // As SAM uploads it: with what anchors stand for.
    expect(JSON.stringify(template, undefined, 2).length).toBeLessThan(1_000_000)
  })

  it('give Fn::Or and Fn::And two to ten conditions', () => {
    const calls = callsIn(template as unknown as Value)
    expect(calls.length).toBeGreaterThan(20)
    expect(calls.filter((given) => given.length < 2 || given.length > 10)).toEqual([])
  })

  it('are refused when none of them is left, and taken when one is', () => {
    expect(refusals(template, alone())).toEqual([expect.stringContaining('Every function is left out')])
    const secret = { SuperuserSecretArns: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:superuser-AbCdEf' }
    for (const id of ids) expect(refusals(template, { ...alone(id), ...secret })).toEqual([])
  })

  function callsIn(value: Value): Value[][] {
    if (typeof value !== 'object' || value === null) return []
    const own = Array.isArray(value) ? [] : [value['Fn::Or'], value['Fn::And']]
    return [...own.filter((given) => Array.isArray(given)), ...Object.values(value).flatMap(callsIn)]
  }
})
