import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import { randomPassword } from '../../support/random.ts'

/** Secrets that live in Secrets Manager alone. */
export const generatedValue: SecretTypeUnderTest = {
  title: 'generated-value',
  server: 'Secrets Manager alone',
  function: { id: 'GeneratedValue', module: 'functions/generated-value/generated-value.ts' },
  oldValue: 'is nowhere known',
  fresh: async () => target(JSON.stringify({ password: randomPassword(), note: 'stays' })),
  hostile: {
    'a value that is no JSON': async () => target(randomPassword()),
    'quotes, backslashes, %, $ and unicode in the value': async () =>
      target(JSON.stringify({ password: `${randomPassword()}'"\\ \${x} %s \u2028 é 名\n` })),
    'unknown fields, big numbers and __proto__': async () =>
      target(
        `{"__proto__":{"a":1},"big":12345678901234567890,"exact":1.10,"password":"${randomPassword()}","z":[null]}`,
      ),
  },
}

function target(value: string): Target {
  const passwordOf = (text: string) =>
    text.startsWith('{') ? String((JSON.parse(text) as { password: unknown }).password) : text
  return {
    value,
    // It works where it is of the same form as before and strong enough to be used.
    works: async (text) => {
      const same = text.replace(JSON.stringify(passwordOf(text)), JSON.stringify(passwordOf(value)))
      return passwordOf(text).length >= 8 && (value.startsWith('{') ? same === value : !text.startsWith('{'))
    },
    snapshot: async () => undefined,
    sensitive: (text) => [passwordOf(text)],
    others: [],
    logins: [],
  }
}
