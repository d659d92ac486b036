/**
 * The few calls of services of which this repository has no SDK client. LocalStack checks no signature, and reads from
 * the header which service is meant.
 */
function headers(service: string, type: string) {
  const scope = `Credential=test/20260101/us-east-1/${service}/aws4_request`
  return { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`, 'content-type': type }
}

/** @returns the XML of the answer, also of one that is an error */
export async function awsQuery(
  endpoint: string,
  service: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const type = 'application/x-www-form-urlencoded'
  const body = new URLSearchParams({ Version: '2010-05-15', ...parameters }).toString()
  return await (await fetch(endpoint, { method: 'POST', headers: headers(service, type), body })).text()
}

/** All that a function has written to its log so far. */
export async function functionLog(endpoint: string, functionName: string): Promise<string> {
  const target = { 'x-amz-target': 'Logs_20140328.FilterLogEvents' }
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...headers('logs', 'application/x-amz-json-1.1'), ...target },
    body: JSON.stringify({ logGroupName: `/aws/lambda/${functionName}`, limit: 10_000 }),
  })
  const { events = [] } = (await response.json()) as { events?: readonly { readonly message: string }[] }
  return events.map(({ message }) => message).join('\n')
}
