// Drives ts-mls for bench.mls: one JSON command a line on standard input, one answer a line on standard output.
//
// A command names an operation, its bytes in base64 and how often it is repeated; the answer holds what came out and the
// milliseconds of the processor of each time, from bytes to bytes. States of ts-mls are values, so repeating needs no copies.

import { createInterface } from "node:readline"
import {
  createApplicationMessage,
  createCommit,
  decodeMlsMessage,
  defaultCapabilities,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
} from "ts-mls"

const suite = await getCiphersuiteImpl(
  getCiphersuiteFromName("MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519"),
)
let self, state

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"))
const text = (data) => Buffer.from(data).toString("base64")
const message = (encoded) => decodeMlsMessage(bytes(encoded), 0)[0]

async function timed(times, act) {
  const ms = []
  let result
  for (let time = 0; time < times; time++) {
    const start = process.cpuUsage()
    result = await act(time)
    const { user, system } = process.cpuUsage(start)
    ms.push((user + system) / 1000)
  }
  return { ms, result }
}

const operations = {
  async key_package() {
    const now = BigInt(Math.floor(Date.now() / 1000))
    const lifetime = { notBefore: now - 86400n, notAfter: now + 86400n }
    const credential = { credentialType: "basic", identity: new TextEncoder().encode("peer") }
    self = await generateKeyPackage(credential, defaultCapabilities(), lifetime, [], suite)
    const wrapped = { version: "mls10", wireformat: "mls_key_package", keyPackage: self.publicPackage }
    return { bytes: text(encodeMlsMessage(wrapped)) }
  },

  async join({ welcome, times }) {
    const { ms, result } = await timed(times, () =>
      joinGroup(message(welcome).welcome, self.publicPackage, self.privatePackage, emptyPskIndex, suite),
    )
    state = result
    return { ms }
  },

  async commit({ add, remove, keep, times }) {
    const { ms, result } = await timed(times, async () => {
      const extraProposals = []
      if (add !== undefined) {
        extraProposals.push({ proposalType: "add", add: { keyPackage: message(add).keyPackage } })
      }
      if (remove !== undefined) extraProposals.push({ proposalType: "remove", remove: { removed: remove } })
      const made = await createCommit({ state, cipherSuite: suite }, { extraProposals, ratchetTreeExtension: true })
      if (made.welcome !== undefined) {
        encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome: made.welcome })
      }
      return { made, bytes: encodeMlsMessage(made.commit) }
    })
    if (keep) state = result.made.newState
    return { ms, bytes: text(result.bytes) }
  },

  async process({ commit, times }) {
    const { ms } = await timed(times, () =>
      processPrivateMessage(state, message(commit).privateMessage, emptyPskIndex, suite),
    )
    return { ms }
  },

  async encrypt({ length, times }) {
    const data = new Uint8Array(length)
    const { ms } = await timed(times, async () => {
      const made = await createApplicationMessage(state, data, suite)
      state = made.newState
      return encodeMlsMessage({
        version: "mls10",
        wireformat: "mls_private_message",
        privateMessage: made.privateMessage,
      })
    })
    return { ms }
  },

  async decrypt({ messages }) {
    const { ms } = await timed(messages.length, async (time) => {
      const opened = await processPrivateMessage(state, message(messages[time]).privateMessage, emptyPskIndex, suite)
      if (opened.kind !== "applicationMessage") throw new Error("no application message")
      state = opened.newState
    })
    return { ms }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  try {
    process.stdout.write(JSON.stringify(await operations[command.operation](command)) + "\n")
  } catch (error) {
    process.stdout.write(JSON.stringify({ error: String(error) }) + "\n")
  }
}
