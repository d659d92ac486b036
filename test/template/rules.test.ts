import { describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { passwordRules } from '../../shared/password.ts'
import { readTemplate } from '../../template/parsed.ts'
import { idOf } from '../../template/row.ts'
import { rows } from '../../template/rows.ts'
import { statementsOfRole } from './policies.ts'
import { deploy, refusals, type Values } from './stack.ts'

const template = readTemplate('template.yaml')
const ids = Object.keys(await discoverFunctions())

const subnets = 'subnet-0a1b2c3d4e5f60718,subnet-1a1b2c3d4e5f60718'
const groups = 'sg-0a1b2c3d4e5f60718'
const madeGroup = { SubnetIds: subnets, VpcId: 'vpc-0a1b2c3d4e5f60718', DatabaseSecurityGroupId: groups }
const superuser = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-superuser-AbCdEf'
const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const user = 'arn:aws:iam::123456789012:user/app'
const topic = 'arn:aws:sns:eu-west-1:123456789012:operators'
const layer = 'arn:aws:lambda:eu-west-1:123456789012:layer:authorities:3'
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

const readsAdmins = rows.flatMap((row) => (row.statements?.includes('adminSecrets') ? [idOf(row)] : []))

/** Switches off the functions that are asked for. */
const without = (which: (id: string) => boolean) =>
  Object.fromEntries(ids.filter(which).map((id) => [`With${id}`, 'no']))

describe('values that fit are taken', () => {
  const good: Readonly<Record<string, Values>> = {
    'nothing at all': {},
    'one function alone': { WithPostgresAlternatingUsers: 'no', WithGeneratedValue: 'no' },
    'subnets with security groups': { SubnetIds: subnets, SecurityGroupIds: groups },
    'a security group that the stack makes': { ...madeGroup, WithSshKey: 'no', DatabasePort: 3306 },
    'lists with spaces after the commas': { SubnetIds: subnets.replace(',', ', '), SecurityGroupIds: groups },
    'an e-mail address': { AlarmEmail: 'ops+keyturn@example.co.uk' },
    'a topic': { AlarmTopicArn: topic },
    'superuser secrets': { SuperuserSecretArns: `${superuser},${superuser.replace('AbCdEf', '??????')}` },
    'keys, one of several Regions': { KmsKeyArns: `${key},${key.replace(/1234abcd.*/, `mrk-${'0a'.repeat(16)}`)}` },
    'ARNs of other partitions': {
      KmsKeyArns: key.replace('aws', 'aws-us-gov'),
      SuperuserSecretArns: superuser.replace('aws', 'aws-cn'),
      AlarmTopicArn: topic.replace('aws', 'aws-cn'),
    },
    'a layer': { LayerArns: layer },
    'five layers': { LayerArns: Array.from({ length: 5 }, () => layer).join() },
    'users by name and by path': {
      IamUserArns: 'arn:aws:iam::123456789012:user/app, arn:aws-cn:iam::123456789012:user/applications/*',
    },
    'an alphabet with its format': { ValueFormat: 'alphabet', ValueAlphabet: '0123456789' },
    'several fields': { ValueFields: 'api key, secret' },
    'digits alone': { ExcludeLowercase: 'true', ExcludeUppercase: 'true', ExcludePunctuation: 'true' },
    'authorities as PEM': { DatabaseCaBundle: pem },
    'authorities as a path': { DatabaseCaBundle: '/opt/ca.pem' },
    'the endpoint of a VPC': {
      SecretsManagerEndpoint: 'https://vpce-0a1b-2c3d.secretsmanager.eu-west-1.vpce.amazonaws.com',
    },
    'the widest limits': { TimeoutSeconds: 900, MemoryMegabytes: 3008, PasswordLength: 4096, ValueBytes: 4096 },
  }

  it.each(Object.entries(good))('%s', (_, values) => expect(refusals(template, values)).toEqual([]))
})

describe('values that cannot work are refused with a sentence', () => {
  const bad: Readonly<Record<string, readonly [Values, RegExp]>> = {
    'subnets without security groups': [{ SubnetIds: subnets }, /SubnetIds is given without SecurityGroupIds.*both/],
    'security groups without subnets': [{ SecurityGroupIds: groups }, /SecurityGroupIds is given without SubnetIds/],
    'a security group as a subnet': [
      { SubnetIds: groups, SecurityGroupIds: groups },
      /SubnetIds must be ids of subnets/,
    ],
    'a subnet as a security group': [
      { SubnetIds: subnets, SecurityGroupIds: subnets },
      /must be ids of security groups/,
    ],
    'one bad subnet among good ones': [
      { SubnetIds: `${subnets},vpc-0a1b2c3d`, SecurityGroupIds: groups },
      /SubnetIds must be ids/,
    ],
    'a security group made, and another given': [
      { ...madeGroup, SecurityGroupIds: groups, WithSshKey: 'no' },
      /DatabaseSecurityGroupId and SecurityGroupIds are both given.*give one/,
    ],
    'a security group made without subnets': [
      { VpcId: madeGroup.VpcId, DatabaseSecurityGroupId: groups, WithSshKey: 'no' },
      /DatabaseSecurityGroupId is given without SubnetIds/,
    ],
    'a security group made without its VPC': [
      { SubnetIds: subnets, DatabaseSecurityGroupId: groups, WithSshKey: 'no' },
      /DatabaseSecurityGroupId is given without VpcId/,
    ],
    'a VPC beside security groups': [
      { SubnetIds: subnets, SecurityGroupIds: groups, VpcId: madeGroup.VpcId },
      /VpcId is given without DatabaseSecurityGroupId.*not be used/,
    ],
    'a security group made for no database': [
      { ...madeGroup, ...without((id) => !id.startsWith('Generated')) },
      /no function for databases is in the stack/,
    ],
    'a security group made for hosts of SSH, too': [madeGroup, /no host's port 22: leave SshKey out/],
    'several security groups of a database': [
      { ...madeGroup, DatabaseSecurityGroupId: `${groups},${groups}` },
      /one security group/,
    ],
    'a subnet as a VPC': [{ ...madeGroup, VpcId: 'subnet-0a1b2c3d', WithSshKey: 'no' }, /id of a VPC/],
    'a port that does not exist': [{ DatabasePort: 65536 }, /DatabasePort/],
    'an alias for a key': [{ KmsKeyArns: 'alias/secrets' }, /KmsKeyArns must be ARNs of keys.*alias.*describe-key/s],
    'the ARN of an alias for a key': [
      { KmsKeyArns: 'arn:aws:kms:eu-west-1:123456789012:alias/secrets' },
      /must be ARNs of keys/,
    ],
    'the id of a key': [{ KmsKeyArns: '1234abcd-12ab-34cd-56ef-1234567890ab' }, /must be ARNs of keys/],
    'every key': [{ KmsKeyArns: '*' }, /must be ARNs of keys/],
    'an e-mail address and a topic': [{ AlarmEmail: 'ops@example.com', AlarmTopicArn: topic }, /both given. Give one/],
    'two e-mail addresses': [{ AlarmEmail: 'a@example.com,b@example.com' }, /one e-mail address/],
    'no e-mail address': [{ AlarmEmail: 'operators' }, /one e-mail address/],
    'a topic by its name': [{ AlarmTopicArn: 'operators' }, /ARN of a standard SNS topic/],
    'a FIFO topic': [{ AlarmTopicArn: `${topic}.fifo` }, /not .fifo/],
    'a superuser secret by its name': [{ SuperuserSecretArns: 'superuser' }, /must be ARNs of secrets/],
    'every superuser secret': [{ SuperuserSecretArns: superuser.replace(/rds.*/, '*') }, /must be ARNs of secrets/],
    'superuser secrets that nobody reads': [
      { SuperuserSecretArns: superuser, ...without((id) => !id.endsWith('SingleUser')) },
      /no alternating-users or dual-password function, which alone read them/,
    ],
    'a layer without its version': [{ LayerArns: layer.slice(0, -2) }, /ARNs of layers' versions/],
    'six layers': [{ LayerArns: Array.from({ length: 6 }, () => layer).join() }, /at most five/],
    'a comma after the last layer': [{ LayerArns: `${layer},` }, /ARNs of layers' versions/],
    'secrets of admins that nobody reads': [
      { AdminSecretArns: superuser, ...without((id) => readsAdmins.includes(id)) },
      /no function that reads them/,
    ],
    'users whose keys nobody makes': [
      { IamUserArns: user, ...without((id) => id === 'IamAccessKey') },
      /\(IamAccessKey\) is not in the stack/,
    ],
    'a user by its name': [{ IamUserArns: 'app' }, /must be ARNs of users/],
    'every user': [{ IamUserArns: user.replace('/app', '/*') }, /not of all users/],
    'no function at all': [without(() => true), /Every function is left out/],
    'passwords of marks': [
      { ExcludeLowercase: 'true', ExcludeUppercase: 'true', ExcludeNumbers: 'true' },
      /only four marks are left/,
    ],
    'an alphabet that is missing': [{ ValueFormat: 'alphabet' }, /ValueAlphabet is empty/],
    'an alphabet that is not used': [{ ValueAlphabet: '0123456789' }, /would not be used/],
    'an alphabet of nine': [{ ValueFormat: 'alphabet', ValueAlphabet: '012345678' }, /at least 10/],
    'an empty name of a field': [{ ValueFields: 'a,,b' }, /names of fields/],
    'an endpoint without TLS': [{ SecretsManagerEndpoint: 'http://example.com' }, /https/],
    'half a certificate': [{ DatabaseCaBundle: 'MIIB' }, /PEM text/],
    'a timeout that leaves no room': [{ TimeoutSeconds: 29 }, /TimeoutSeconds/],
    'a timeout that Lambda does not have': [{ TimeoutSeconds: 901 }, /TimeoutSeconds/],
    'a short password': [{ PasswordLength: 7 }, /PasswordLength/],
    'a switch that is neither on nor off': [{ WithGeneratedValue: 'true' }, /WithGeneratedValue/],
    'a retention that CloudWatch does not have': [{ LogRetentionDays: 100 }, /LogRetentionDays/],
    'another architecture': [{ Architecture: 'arm' }, /Architecture/],
  }

  it.each(Object.entries(bad))('%s', (_, [values, sentence]) => {
    const [said, ...more] = refusals(template, values)
    expect(said).toMatch(sentence)
    expect(more).toEqual([])
  })

  it('every rule has a case, and every pattern says what it wants', () => {
    const said = Object.values(bad).flatMap(([values]) => refusals(template, values))
    const sentences = Object.values(template.Rules).flatMap(({ Assertions }) =>
      Assertions.map(({ AssertDescription }) => AssertDescription),
    )
    expect(sentences.filter((sentence) => !said.includes(sentence))).toEqual([])
    for (const [name, { AllowedPattern, ConstraintDescription }] of Object.entries(template.Parameters)) {
      if (AllowedPattern !== undefined) expect(ConstraintDescription, name).toMatch(/^must be .+[^,]$/s)
    }
  })
})

describe('the template and the functions agree on what can be used', () => {
  const alone = (id: string) => Object.fromEntries(ids.map((other) => [`With${other}`, other === id ? 'yes' : 'no']))

  it.each(ids)('%s may be the only function of a stack', (id) => {
    expect(refusals(template, alone(id))).toEqual([])
  })

  it.each(ids)('secrets of others are taken for %s exactly if its role reads them', (id) => {
    const ofSecrets = Object.keys(template.Parameters).filter((name) => name.endsWith('SecretArns'))
    expect(ofSecrets.length).toBeGreaterThan(1)
    for (const name of ofSecrets) {
      const values = { ...alone(id), [name]: superuser }
      const reads = JSON.stringify(statementsOfRole(deploy(template, values), `${id}Role`)).includes(superuser)
      expect(refusals(template, values), name).toHaveLength(reads ? 0 : 1)
    }
  })

  const flag = ['true', 'false'] as const
  const all = flag.flatMap((ExcludeLowercase) =>
    flag.flatMap((ExcludeUppercase) =>
      flag.flatMap((ExcludeNumbers) =>
        flag.map((ExcludePunctuation) => ({ ExcludeLowercase, ExcludeUppercase, ExcludeNumbers, ExcludePunctuation })),
      ),
    ),
  )

  it.each(all)('%o is refused by both or by none', (values) => {
    const env = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name.replaceAll(/(?<=.)[A-Z]/g, '_$&').toUpperCase(), value]),
    )
    const refused = refusals(template, values).length > 0
    if (refused) expect(() => passwordRules(env)).toThrow('leave fewer than 10 characters')
    else expect(passwordRules(env).length).toBe(32)
  })
})
