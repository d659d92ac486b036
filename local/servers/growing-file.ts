import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

/** Reads a file that a program appends to: each call gives all of its text so far, and reads only what is new. */
export function growingFile(path: string): () => string {
  const decoder = new StringDecoder('utf8')
  const chunk = Buffer.alloc(64 * 1024)
  let text = ''
  let position = 0
  return () => {
    let file: number
    try {
      file = openSync(path, 'r')
    } catch {
      // Not begun yet, or removed when the server ended.
      return text
    }
    for (let length = -1; length !== 0; position += length) {
      length = readSync(file, chunk, 0, chunk.length, position)
      text += decoder.write(chunk.subarray(0, length))
    }
    closeSync(file)
    return text
  }
}
