import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { HostMessage } from './function-host.ts'
import type { Answer, Invoke } from './handler-call.ts'
import type { Programs } from './programs.ts'

/** A started function, in a thread or in a process. It takes one invocation at a time. */
export interface Environment {
  invoke(message: Invoke): Promise<Answer>
  onLog(listener: (stream: 'stdout' | 'stderr', text: string) => void): () => void
  kill(): void
  /** Resolves when it is gone, whatever the reason. */
  readonly ended: Promise<'ended'>
}

interface Start {
  readonly programs: Programs
  /** Path of the module that exports `handler`. */
  readonly module: string
  readonly env: Record<string, string>
  readonly runIn: 'thread' | 'process'
}

/** Starts a function; it is ready for its first invocation at once. @throws what the program's making throws */
export async function startEnvironment(start: Start): Promise<Environment> {
  const started = start.runIn === 'thread' ? await startThread(start) : startProcess(start)
  const { source, post, kill, ended, positions } = started
  const listeners = new Set<(stream: 'stdout' | 'stderr', text: string) => void>()
  const say = (stream: 'stdout' | 'stderr', text: string) => {
    for (const listener of listeners) listener(stream, positions(text))
  }
  // The host sends the text on its streams as messages. Text that it cannot send, that of a crash for example, comes here.
  source.stdout?.on('data', (text: Buffer) => say('stdout', text.toString()))
  source.stderr?.on('data', (text: Buffer) => say('stderr', text.toString()))
  source.on('error', (error) => say('stderr', `${error instanceof Error ? error.stack : error}\n`))
  let answer: (answer: Answer) => void = () => {}
  source.on('message', (message: HostMessage) => {
    if (message.kind === 'log') say(message.stream, message.text)
    else if (message.kind === 'succeeded') answer(message)
    else answer({ ...message, error: { ...message.error, trace: message.error.trace.map(positions) } })
  })
  return {
    kill,
    ended,
    onLog(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    invoke: (message) =>
      new Promise((resolve) => {
        answer = resolve
        post(message)
      }),
  }
}

async function startThread({ programs, module, env }: Start) {
  const { path, positions } = await programs.thread(module)
  const worker = new Worker(path, { env, execArgv: [], stdout: true, stderr: true, workerData: { module } })
  const { promise: ended, resolve } = Promise.withResolvers<'ended'>()
  worker.once('exit', () => resolve('ended'))
  worker.unref()
  const kill = () => {
    // An idle thread keeps no process alive, but a thread that is being killed does until it has ended.
    worker.ref()
    void worker.terminate()
  }
  return { source: worker, post: (message: Invoke) => worker.postMessage(message), kill, ended, positions }
}

function startProcess({ programs, module, env }: Start) {
  const child = fork(programs.process, [module], { env, execArgv: [], silent: true, serialization: 'json' })
  const { promise: ended, resolve } = Promise.withResolvers<'ended'>()
  child.on('error', () => resolve('ended'))
  child.once('exit', () => resolve('ended'))
  child.unref()
  child.channel?.unref()
  // A message that can't be sent any more belongs to a process that has ended, which is noticed by itself.
  const post = (message: Invoke) => void child.send(message, () => {})
  const kill = () => {
    child.ref()
    child.kill('SIGKILL')
  }
  const positions = (text: string) => text
  return { source: child, post, kill, ended, positions }
}
