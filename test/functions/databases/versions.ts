/**
 * On which versions of a server the contracts of a function run in `npm test`, which is held to ten minutes: the first has all
 * cases, the others those in which a server has a part. What is not here runs in `npm run test:versions`, as does all of it on
 * further versions; the table in docs/databases.md is compared with this.
 */
export const inNpmTest = {
  postgres: {
    singleUser: [18, 15],
    alternatingUsers: [
      [18, 'missing'],
      [18, 'existing'],
      [15, 'missing'],
    ],
  },
  mysql: {
    singleUser: ['9.7'],
    dualPassword: [
      ['9.7', 'itself'],
      ['9.7', 'a superuser'],
    ],
    alternatingUsers: [
      ['9.7', 'missing'],
      ['9.7', 'existing'],
    ],
  },
  mariadb: {
    singleUser: ['10.5', '11.8'],
    dualPassword: [
      ['10.5', 'a superuser'],
      ['11.8', 'itself'],
    ],
    alternatingUsers: [
      ['10.5', 'missing'],
      ['11.8', 'existing'],
    ],
  },
} as const

/** Further versions, on which `npm run test:versions` runs the contracts of all functions. */
export const furtherVersions = {
  postgres: ['10.23', '11.22', '12.22', '13.23', '14.24', '16.15', '17.11'],
  mysql: ['8.0.31', '8.0.33'],
  mariadb: ['11.4.5'],
} as const

/** Versions that a function refuses before it changes anything, in `npm run test:versions`. */
export const refusedVersions = {
  postgres: { '9.6.24': ['singleUser', 'alternatingUsers'] },
  mysql: { '5.7.22': ['dualPassword', 'alternatingUsers'] },
} as const

/** The cases of the n-th suite of a function. */
export const casesOf = (n: number) => (n === 0 ? 'all' : 'with a server')
