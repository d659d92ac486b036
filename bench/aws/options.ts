/** The options that name a checkout of AWS's functions, for `npm run bench` and `npm run test:interop`. */
export const awsOptions = {
  aws: { type: 'string', default: process.env.KEYTURN_AWS_FUNCTIONS ?? '' },
  python: { type: 'string', default: process.env.KEYTURN_AWS_PYTHON ?? 'python3' },
} as const

/** The lines about these options in a help text. */
export const awsHelp = `  --aws FOLDER       a checkout of github.com/aws-samples/aws-secrets-manager-rotation-lambdas (or KEYTURN_AWS_FUNCTIONS)
  --python PYTHON    a Python with boto3, PyGreSQL, pymysql and cryptography (or KEYTURN_AWS_PYTHON; python3)`
