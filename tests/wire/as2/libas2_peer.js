// The platform, played by libas2: `node libas2_peer.js send|answer FOLDER CIPHER|none DIGEST|none`.
// Reads keys and payload from the folder, writes the message, or the MDN for what lies in `in`.
const fs = require('fs')
const path = require('path')
const modules = process.env.AIFE_SIM_LIBAS2
const { AS2Composer, AS2Parser } = require(modules ? path.join(modules, 'libas2') : 'libas2')

const [, , mode, folder, cipher, digest] = process.argv
const read = name => fs.readFileSync(path.join(folder, name))
const write = (name, data) => fs.writeFileSync(path.join(folder, name), data)
const url = new URL('http://127.0.0.1:9/as2')

const agreement = {
  host: {
    name: 'platform',
    id: 'DEM002',
    url,
    certificate: read('platform.pem').toString(),
    privateKey: read('platform.key').toString(),
    decrypt: cipher !== 'none',
    sign: digest === 'none' ? false : digest,
    mdn: { async: false, signing: 'sha-256' }
  },
  partner: {
    name: 'simulator',
    id: 'CPP001',
    url,
    file: 'XML',
    certificate: read('simulator.pem').toString(),
    encrypt: cipher === 'none' ? false : cipher,
    verify: digest !== 'none',
    mdn: { async: false, signing: 'sha-256' }
  }
}

async function send () {
  const message = { filename: 'FSO1100A.xml', content: read('payload'), contentType: 'application/xml' }
  const node = await new AS2Composer({ message, agreement }).compile()
  write('message', await node.build())
}

async function answer () {
  const incoming = await AS2Parser.parse(read('in'))
  const outcome = await incoming.dispositionOut({ agreement })
  write('mdn', await outcome.dispositionNode.build())
}

;(mode === 'send' ? send() : answer()).catch(error => {
  console.error(error)
  process.exit(1)
})
