import { describe, expect, it } from 'vitest'
import { parseHosts } from '../../shared/http/hosts.ts'

describe('lists of hosts', () => {
  it('are separated by commas or blanks', () => {
    const hosts = ['api.example.com', 'hub.example.org:8443', '[fd12::1]:8443', '10.0.0.1']
    expect(parseHosts(`api.example.com, hub.example.org:8443\n[fd12::1]:8443 10.0.0.1`, 'SOME_HOSTS')).toEqual(hosts)
    expect(parseHosts('  ', 'SOME_HOSTS')).toEqual([])
  })

  it.each([
    ['https://api.example.com', 'is a URL'],
    ['api.example.com/v3', 'is a URL'],
    ['api.example.com:443', 'must be written "api.example.com"'],
    ['API.example.com', 'must be written "api.example.com"'],
    ['api.example.com.', 'ends in a dot'],
    ['api.example.com.:8443', 'ends in a dot'],
    ['user@api.example.com', 'has a user in it'],
    ['api.example.com\\@evil.example', 'has a user in it'],
    ['api.example.com%2eevil.example', 'must be written "api.example.com.evil.example"'],
    ['127.1', 'must be written "127.0.0.1"'],
    ['*.example.com', 'is a pattern'],
    ['api.example.com?x', 'must be written "api.example.com"'],
    ['api..example.com:x', 'is no host'],
  ])('%s is refused, because it %s', (host, why) => {
    expect(() => parseHosts(host, 'SOME_HOSTS')).toThrow(`SOME_HOSTS has "${host}", which ${why}`)
  })
})
