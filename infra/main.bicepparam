// Yours in the place of what stands here (docs/operations.md, "On Azure"). Nothing in it is secret.
using 'main.bicep'

// Begins every name: keys-server, keys-migrate, keys-backup.
param name = 'keys'
param image = 'registry.example/keyrecovery@sha256:digest'
// The registry's name again where it asks who pulls, as Azure's own does.
param registry = ''
param authority = 'keys.example.org'
param apps = [
  {
    id: 'messenger'
    issuer: 'https://login.example.org'
    audience: 'keyrecovery'
    jwksUrl: 'https://login.example.org/jwks'
  }
]
// Networks that nobody on the internet has an address of. The platform's proxy has one; where it does not, the server says
// ProxyUnknown with its network.
param proxies = ['10.0.0.0/8', '100.64.0.0/10']
param offlineKey = 'keyrecovery-offline-public-1 the-rest-of-the-line-in-offline.pub'
param alertMail = 'operators@example.org'
// Later: the version of the root key, and the certificate of the name.
param rootKeyVersion = ''
param certificateId = ''
