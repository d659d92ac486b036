/** A value as SSH sends it: its length in four bytes, then its bytes (RFC 4251 §5, "string"). */
export function field(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/**
 * A whole number that is not negative, as SSH sends it (RFC 4251 §5, "mpint"): without leading zeros, but for the one that
 * keeps a first bit from being taken for a sign.
 */
export function mpint(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  if (start < 0) return field('')
  const digits = bytes.subarray(start)
  return field((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits)
}

/** Reads what was sent, from the beginning. Each function throws RangeError where the bytes end too early. */
export interface WireReader {
  uint32(): number
  field(): Buffer
  text(): string
  /** What has not been read yet. */
  rest(): Buffer
}

export function wireReader(bytes: Buffer): WireReader {
  let at = 0
  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new RangeError('the bytes end too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const uint32 = () => take(4).readUInt32BE()
  const next = () => take(uint32())
  return { uint32, field: next, text: () => next().toString(), rest: () => bytes.subarray(at) }
}
