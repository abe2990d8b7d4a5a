// Members that run ts-mls, for tests/interop.
//
// Each line of standard input is one request, {"id": n, "calls": [{"do": name, ...}, ...]}, and each line of standard
// output its answer, {"id": n, "results": [{"ok": ...} or {"error": {"name", "message"}}, ...]}. Calls run in order.
// Bytes are base64 text. A member is known by a name of the caller's choice and is in one group at a time; a commit or
// an external join of its own is staged until "merge" or "drop".

import { createInterface } from "node:readline"
import {
  ciphersuites,
  branchGroup,
  createApplicationMessage,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPub,
  createProposal,
  decodeMlsMessage,
  encodeMlsMessage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  joinGroupFromBranch,
  joinGroupFromReinit,
  generateKeyPackageWithKey,
  makePskIndex,
  mlsExporter,
  processPrivateMessage,
  processPublicMessage,
  proposeAddExternal,
  reinitCreateNewGroup,
} from "ts-mls"
import { defaultCapabilities } from "ts-mls/defaultCapabilities.js"
import { defaultClientConfig } from "ts-mls/clientConfig.js"
import { encode } from "ts-mls/codec/tlsEncoder.js"
import { decodeVarLenData, varLenDataEncoder } from "ts-mls/codec/variableLength.js"
import { createGroupInfo } from "ts-mls/createCommit.js"
import { decodeCredential } from "ts-mls/credential.js"
import { decodeExtension } from "ts-mls/extension.js"
import { groupContextEncoder } from "ts-mls/groupContext.js"
import { leafNodeTBSEncoder } from "ts-mls/leafNode.js"
import { decodeProposal } from "ts-mls/proposal.js"
import { decodeRatchetTree, encodeRatchetTree } from "ts-mls/ratchetTree.js"
import { signWithLabel } from "ts-mls/crypto/signature.js"

const DAY = 24n * 60n * 60n
const XWING = "MLS_256_XWING_CHACHA20POLY1305_SHA512_Ed25519"

// The suites that are driven. 1.6.4 numbers X-Wing 0x0054, later releases 0xf00e; nothing else of it differs.
const implementations = {
  0x0001: await getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519")),
  0x0003: await getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519")),
  0xf00e: await getCiphersuiteImpl(getCiphersuiteFromName(XWING)),
}
ciphersuites[XWING] = 0xf00e

const members = new Map()

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"))
const text = (data) => Buffer.from(data).toString("base64")

function decoded(decoder, data, what) {
  const result = decoder(data, 0)
  if (result === undefined) throw new Error(`${what} does not decode`)
  if (result[1] !== data.length) throw new Error(`${what} has trailing bytes`)
  return result[0]
}

function list(decoder, items, what) {
  return (items ?? []).map((item) => decoded(decoder, bytes(item), what))
}

function message(data, wireformat) {
  const found = decoded(decodeMlsMessage, bytes(data), "an MLSMessage")
  if (found.wireformat !== wireformat) throw new Error(`a message is ${found.wireformat}, not ${wireformat}`)
  return found
}

function wrapped(wireformat, field, value) {
  return text(encodeMlsMessage({ version: "mls10", wireformat, [field]: value }))
}

function keyPackageOf(data) {
  return message(data, "mls_key_package").keyPackage
}

function member(name) {
  const found = members.get(name)
  if (found === undefined) throw new Error(`there is no member ${name}`)
  return found
}

function config(padding) {
  return {
    ...defaultClientConfig,
    paddingConfig: { kind: "alwaysPad", paddingLength: padding ?? 0 },
  }
}

// What a member says is padded as the call asks for.
function padded(self, padding) {
  return { ...self.state, clientConfig: config(padding) }
}

function psksOf(call, state) {
  const known = Object.fromEntries((call.psks ?? []).map(([id, secret]) => [id, bytes(secret)]))
  return makePskIndex(state, known)
}

function tree(call) {
  return call.tree === undefined ? undefined : decoded(decodeRatchetTree, bytes(call.tree), "a ratchet tree")
}

// ts-mls has no call for an Update: its leaf is made here, as section 12.1.2 describes.
async function freshLeaf(self) {
  const { state, cs } = self
  const old = state.ratchetTree[2 * state.privatePath.leafIndex].leaf
  const key = await cs.hpke.generateKeyPair()
  const unsigned = {
    hpkePublicKey: await cs.hpke.exportPublicKey(key.publicKey),
    signaturePublicKey: old.signaturePublicKey,
    credential: old.credential,
    capabilities: old.capabilities,
    extensions: old.extensions,
    leafNodeSource: "update",
  }
  const placed = { ...unsigned, groupId: state.groupContext.groupId, leafIndex: state.privatePath.leafIndex }
  const signature = await signWithLabel(
    state.signaturePrivateKey,
    "LeafNodeTBS",
    encode(leafNodeTBSEncoder)(placed),
    cs.signature,
  )
  return [{ ...unsigned, signature }, await cs.hpke.exportPrivateKey(key.privateKey)]
}

// Nor does it keep the private key of an Update for when somebody commits it: that is done here, too.
function withOwnUpdate(self, references) {
  const own = references.map((reference) => self.updates.get(text(reference))).find((key) => key !== undefined)
  if (own === undefined) return self.state
  const { privatePath } = self.state
  const privateKeys = { ...privatePath.privateKeys, [2 * privatePath.leafIndex]: own }
  return { ...self.state, privatePath: { ...privatePath, privateKeys } }
}

// ts-mls has the bare key as data of external_pub, where section 12.4.3.2 has a struct, thus a vector. So what it would
// write is made here, and what others write is given to it twice: bare when it asks for the key, as it is otherwise.
function withBareExternalPub(groupInfo) {
  const extensions = groupInfo.extensions.slice()
  extensions.find = (wanted) => {
    const found = groupInfo.extensions.find(wanted)
    if (found?.extensionType !== "external_pub") return found
    return { ...found, extensionData: decoded(decodeVarLenData, found.extensionData, "external_pub") }
  }
  return { ...groupInfo, extensions }
}

async function groupInfoForJoining({ state, cs }, withTree) {
  const key = await cs.hpke.deriveKeyPair(state.keySchedule.externalSecret)
  const externalPub = encode(varLenDataEncoder)(await cs.hpke.exportPublicKey(key.publicKey))
  const extensions = [{ extensionType: "external_pub", extensionData: externalPub }]
  if (withTree)
    extensions.push({ extensionType: "ratchet_tree", extensionData: encodeRatchetTree(state.ratchetTree) })
  return createGroupInfo(state.groupContext, state.confirmationTag, state, extensions, cs)
}

async function proposed(self, call, proposal) {
  const before = new Set(Object.keys(self.state.unappliedProposals))
  const made = await createProposal(padded(self, call.padding), call.public, proposal, self.cs, bytes(call.aad ?? ""))
  self.state = made.newState
  const reference = Object.keys(made.newState.unappliedProposals).find((key) => !before.has(key))
  return { message: text(encodeMlsMessage(made.message)), reference }
}

function staged(self, made) {
  self.staged = made.newState
  const welcome = made.welcome === undefined ? null : wrapped("mls_welcome", "welcome", made.welcome)
  const tree = text(encodeRatchetTree(made.newState.ratchetTree))
  return { message: text(encodeMlsMessage(made.commit)), welcome, tree }
}

function entered(self, state) {
  self.state = state
  self.updates = new Map()
  self.staged = undefined
  return null
}

const calls = {
  async keyPackage(call) {
    const cs = implementations[call.suite]
    const former = call.former === undefined ? undefined : member(call.former)
    const signer = former?.signer ?? (await cs.signature.keygen())
    const now = BigInt(call.now)
    const able = defaultCapabilities()
    const capabilities = { ...able, extensions: [...able.extensions, ...call.supports] }
    const pair = await generateKeyPackageWithKey(
      decoded(decodeCredential, bytes(call.credential), "a credential"),
      capabilities,
      { notBefore: now - DAY, notAfter: now + 30n * DAY },
      [],
      signer,
      cs,
      list(decodeExtension, call.extensions, "an extension"),
    )
    members.set(call.member, { cs, signer, pair, state: undefined, staged: undefined, updates: new Map() })
    return wrapped("mls_key_package", "keyPackage", pair.publicPackage)
  },

  async create(call) {
    const self = member(call.member)
    const { publicPackage, privatePackage } = self.pair
    const extensions = list(decodeExtension, call.extensions, "an extension")
    return entered(self, await createGroup(bytes(call.groupId), publicPackage, privatePackage, extensions, self.cs))
  },

  async join(call) {
    const self = member(call.member)
    const { publicPackage, privatePackage } = self.pair
    const { welcome } = message(call.welcome, "mls_welcome")
    const psks = psksOf(call, undefined)
    return entered(self, await joinGroup(welcome, publicPackage, privatePackage, psks, self.cs, tree(call)))
  },

  async joinByCommit(call) {
    const self = member(call.member)
    const { publicPackage, privatePackage } = self.pair
    const { groupInfo } = message(call.groupInfo, "mls_group_info")
    const made = await joinGroupExternal(
      withBareExternalPub(groupInfo),
      publicPackage,
      privatePackage,
      call.resync,
      self.cs,
      tree(call),
      defaultClientConfig,
      bytes(call.aad ?? ""),
    )
    self.staged = made.newState
    return { message: wrapped("mls_public_message", "publicMessage", made.publicMessage) }
  },

  async groupInfo(call) {
    const self = member(call.member)
    return wrapped("mls_group_info", "groupInfo", await groupInfoForJoining(self, call.withTree))
  },

  async groupInfoAsItIs(call) {
    const self = member(call.member)
    return wrapped("mls_group_info", "groupInfo", await createGroupInfoWithExternalPub(self.state, [], self.cs))
  },

  async propose(call) {
    return proposed(member(call.member), call, decoded(decodeProposal, bytes(call.proposal), "a proposal"))
  },

  async proposeUpdate(call) {
    const self = member(call.member)
    const [leafNode, privateKey] = await freshLeaf(self)
    const made = await proposed(self, call, { proposalType: "update", update: { leafNode } })
    self.updates.set(made.reference, privateKey)
    return made
  },

  async proposeToJoin(call) {
    const self = member(call.member)
    const { groupInfo } = message(call.groupInfo, "mls_group_info")
    const { publicPackage, privatePackage } = self.pair
    return text(encodeMlsMessage(await proposeAddExternal(groupInfo, publicPackage, privatePackage, self.cs)))
  },

  // ts-mls commits all proposals that wait: those that the caller did not choose are taken away before.
  async commit(call) {
    const self = member(call.member)
    const waiting = self.state.unappliedProposals
    const chosen = Object.fromEntries(call.references.map((reference) => [reference, waiting[reference]]))
    if (Object.values(chosen).includes(undefined)) throw new Error("a proposal that is to be committed is not here")
    const state = { ...padded(self, call.padding), unappliedProposals: chosen }
    const made = await createCommit(
      { state, pskIndex: psksOf(call, self.state), cipherSuite: self.cs },
      {
        wireAsPublicMessage: call.public,
        extraProposals: list(decodeProposal, call.proposals, "a proposal"),
        ratchetTreeExtension: call.welcomeTree,
        authenticatedData: bytes(call.aad ?? ""),
      },
    )
    return staged(self, made)
  },

  async merge(call) {
    const self = member(call.member)
    return entered(self, self.staged)
  },

  async drop(call) {
    member(call.member).staged = undefined
    return null
  },

  async receive(call) {
    const self = member(call.member)
    const found = decoded(decodeMlsMessage, bytes(call.message), "an MLSMessage")
    const before = self.state
    const state = withOwnUpdate(self, (call.references ?? []).map(bytes))
    const psks = psksOf(call, state)
    const isPublic = found.wireformat === "mls_public_message"
    const result = isPublic
      ? await processPublicMessage(state, found.publicMessage, psks, self.cs)
      : await processPrivateMessage(state, found.privateMessage, psks, self.cs)
    if (result.kind === "applicationMessage") {
      self.state = result.newState
      return { application: text(result.message) }
    }
    const { newState } = result
    if (newState.groupActiveState.kind === "removedFromGroup") {
      entered(self, newState)
      return { removed: true }
    }
    if (newState.groupContext.epoch > before.groupContext.epoch) {
      entered(self, newState)
      return { epoch: Number(newState.groupContext.epoch) }
    }
    self.state = newState
    const known = before.unappliedProposals
    return { reference: Object.keys(newState.unappliedProposals).find((key) => !(key in known)) ?? null }
  },

  async say(call) {
    const self = member(call.member)
    const state = padded(self, call.padding)
    const made = await createApplicationMessage(state, bytes(call.data), self.cs, bytes(call.aad ?? ""))
    self.state = made.newState
    return wrapped("mls_private_message", "privateMessage", made.privateMessage)
  },

  async look(call) {
    const { state, cs } = member(call.member)
    const { groupContext, keySchedule } = state
    const exported = await mlsExporter(keySchedule.exporterSecret, call.label, bytes(call.context), call.length, cs)
    return {
      leaf: state.privatePath.leafIndex,
      epoch: Number(groupContext.epoch),
      authenticator: text(keySchedule.epochAuthenticator),
      resumption: text(keySchedule.resumptionPsk),
      context: text(encode(groupContextEncoder)(groupContext)),
      tree: text(encodeRatchetTree(state.ratchetTree)),
      exported: text(exported),
    }
  },

  // The group that a ReInit asks for: its first commit is staged.
  async reinitialise(call) {
    const old = member(call.old)
    const self = member(call.member)
    const { groupId, extensions } = old.state.groupActiveState.reinit
    const { publicPackage, privatePackage } = self.pair
    const others = call.keyPackages.map(keyPackageOf)
    const provider = { getCiphersuiteImpl: async () => self.cs }
    const name = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519" // looked up and then ignored, for the provider knows
    const args = [publicPackage, privatePackage, others, groupId, name, extensions, provider]
    return staged(self, await reinitCreateNewGroup(old.state, ...args))
  },

  async branch(call) {
    const old = member(call.old)
    const self = member(call.member)
    const { publicPackage, privatePackage } = self.pair
    const others = call.keyPackages.map(keyPackageOf)
    const groupId = bytes(call.groupId)
    return staged(self, await branchGroup(old.state, publicPackage, privatePackage, others, groupId, self.cs))
  },

  async continue(call) {
    const old = member(call.old)
    const self = member(call.member)
    const { publicPackage, privatePackage } = self.pair
    const { welcome } = message(call.welcome, "mls_welcome")
    const args = [old.state, welcome, publicPackage, privatePackage, tree(call)]
    const provider = { getCiphersuiteImpl: async () => self.cs }
    const joined = call.branch
      ? await joinGroupFromBranch(...args, self.cs)
      : await joinGroupFromReinit(...args, provider)
    return entered(self, joined)
  },
}

async function run(call) {
  try {
    return { ok: await calls[call.do](call) }
  } catch (error) {
    return { error: { name: error?.name ?? "Error", message: String(error?.message ?? error) } }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  const results = []
  for (const call of request.calls) results.push(await run(call))
  process.stdout.write(JSON.stringify({ id: request.id, results }) + "\n")
}
