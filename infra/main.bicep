// KeyRecovery on Azure: instances in Container Apps over two accounts of Cosmos DB, the KEK ring in a key vault, the log and
// the list of tombstones in blobs, escrows and backup sets in two shares. docs/operations.md ("On Azure") follows it step by
// step.
//   az deployment group create --resource-group keyrecovery --name first --parameters infra/main.bicepparam
targetScope = 'resourceGroup'

@description('Begins every name: 3 to 10 lower-case letters and digits.')
@minLength(3)
@maxLength(10)
param name string

@description('The region of all of it; the one of the resource group.')
param location string = resourceGroup().location

@description('The image, by its digest: registry/name@sha256:…')
param image string

@description('Where the image is pulled from by the server\'s own identity, such as NAME.azurecr.io; empty for a registry that asks nobody.')
param registry string = ''

@description('The name under which devices reach the server, host[:port]. They sign it.')
param authority string

@description('The id of the environment\'s certificate for that name; empty until it was bound (docs/operations.md).')
param certificateId string = ''

@description('The apps, as KeyRecovery:Apps has them.')
param apps appSettings[]

@description('The name of the secret with the root key: base64 of 32 random bytes, put there by hand (docs/operations.md).')
param rootKeyName string = 'root-key'

@description('The version of that secret; empty until it was put there, and nothing is served until then.')
param rootKeyVersion string = ''

@description('How many instances at least. The rates of each are a part of the whole: those of the most.')
@minValue(2)
@maxValue(30)
param leastInstances int = 3

@description('How many instances at most: see leastInstances.')
@minValue(2)
@maxValue(30)
param mostInstances int = 6

@description('Request units a second that each container may use; a tenth of them are paid for at least. From 1000.')
@minValue(1000)
param unitsASecond int = 4000

@description('Whose X-Forwarded-For is believed: the networks of the platform\'s proxy as instances see it (docs/operations.md). Without them all callers are one, and share one caller\'s rate.')
@minLength(1)
param proxies string[]

@description('The public half of the offline key: the one line of offline.pub. Nothing in it is secret.')
@minLength(40)
param offlineKey string

@description('Who is told of alerts.')
param alertMail string

@description('An app: id, issuer and audience of its tokens, and where their keys are.')
type appSettings = {
  id: string
  issuer: string
  audience: string
  jwksUrl: string
}

var suffix = uniqueString(resourceGroup().id, name)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-server'
  location: location
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: { sku: { name: 'PerGB2018' }, retentionInDays: 30 }
}

// Ciphertexts: with the platform's continuous backup.
module data 'bicep/cosmos.bicep' = {
  name: '${name}-data'
  params: {
    name: '${name}-data-${suffix}'
    location: location
    containers: ['accounts', 'vault', 'logindex', 'relay', 'outbox', 'server']
    unitsASecond: unitsASecond
    principalId: identity.properties.principalId
    hasLongBackups: true
  }
}

// Wrapped keys: what is destroyed here is to be gone soon, and the sets of our own are what a restore takes.
module keys 'bicep/cosmos.bicep' = {
  name: '${name}-keys'
  params: {
    name: '${name}-keys-${suffix}'
    location: location
    containers: ['keyrows', 'erasures', 'lookups', 'appaccounts', 'realm', 'jobs', 'feed', 'outbox', 'server']
    unitsASecond: unitsASecond
    principalId: identity.properties.principalId
    hasLongBackups: false
  }
}

module vaults 'bicep/vaults.bicep' = {
  name: '${name}-vaults'
  params: {
    rootName: take('${name}root${suffix}', 24)
    ringName: take('${name}ring${suffix}', 24)
    location: location
    principalId: identity.properties.principalId
  }
}

module blobs 'bicep/blobs.bicep' = {
  name: '${name}-blobs'
  params: {
    name: take('${name}${suffix}', 24)
    location: location
    principalId: identity.properties.principalId
  }
}

// Apart from one another: whoever loses one has the other.
module escrows 'bicep/share.bicep' = {
  name: '${name}-escrows'
  params: {
    name: take('${name}esc${suffix}', 24)
    share: 'escrow'
    location: location
    // An escrow that is destroyed is to be gone.
    keepsDeletedDays: 0
  }
}

module sets 'bicep/share.bicep' = {
  name: '${name}-sets'
  params: {
    name: take('${name}set${suffix}', 24)
    share: 'sets'
    location: location
    keepsDeletedDays: 7
  }
}

module server 'bicep/server.bicep' = {
  name: '${name}-server'
  params: {
    name: name
    location: location
    image: image
    registry: registry
    host: split(authority, ':')[0]
    certificateId: certificateId
    offlineKey: offlineKey
    escrowAccount: escrows.outputs.name
    setsAccount: sets.outputs.name
    identityId: identity.id
    workspaceName: logs.name
    isServing: !empty(rootKeyVersion)
    leastInstances: leastInstances
    mostInstances: mostInstances
    settings: concat(
      [
        { name: 'KeyRecovery__Authority', value: authority }
        { name: 'KeyRecovery__Store', value: 'cosmos' }
        { name: 'KeyRecovery__Instances', value: string(mostInstances) }
        { name: 'KeyRecovery__Cosmos__Data__Endpoint', value: data.outputs.endpoint }
        { name: 'KeyRecovery__Cosmos__Data__Credential__Kind', value: 'ManagedIdentity' }
        { name: 'KeyRecovery__Cosmos__Data__Credential__ClientId', value: identity.properties.clientId }
        { name: 'KeyRecovery__Cosmos__Keys__Endpoint', value: keys.outputs.endpoint }
        { name: 'KeyRecovery__Cosmos__Keys__Credential__Kind', value: 'ManagedIdentity' }
        { name: 'KeyRecovery__Cosmos__Keys__Credential__ClientId', value: identity.properties.clientId }
        { name: 'KeyRecovery__Ring__KeyVault', value: vaults.outputs.ringUri }
        { name: 'KeyRecovery__Ring__RootKeyVault', value: '${vaults.outputs.rootUri}/secrets/${rootKeyName}/${rootKeyVersion}' }
        { name: 'KeyRecovery__Ring__Credential__Kind', value: 'ManagedIdentity' }
        { name: 'KeyRecovery__Ring__Credential__ClientId', value: identity.properties.clientId }
        { name: 'KeyRecovery__Blobs__Container', value: blobs.outputs.container }
        { name: 'KeyRecovery__Blobs__Credential__Kind', value: 'ManagedIdentity' }
        { name: 'KeyRecovery__Blobs__Credential__ClientId', value: identity.properties.clientId }
        { name: 'KeyRecovery__Backup__OfflineKeyFile', value: '/etc/keyrecovery/offline.pub' }
        { name: 'KeyRecovery__Backup__EscrowDirectory', value: '/escrow' }
      ],
      map(range(0, length(proxies)), i => { name: 'KeyRecovery__KnownProxies__${i}', value: proxies[i] }),
      flatten(map(range(0, length(apps)), i => [
        { name: 'KeyRecovery__Apps__${i}__Id', value: apps[i].id }
        { name: 'KeyRecovery__Apps__${i}__Issuer', value: apps[i].issuer }
        { name: 'KeyRecovery__Apps__${i}__Audience', value: apps[i].audience }
        { name: 'KeyRecovery__Apps__${i}__JwksUrl', value: apps[i].jwksUrl }
      ]))
    )
  }
}

module alerts 'bicep/alerts.bicep' = {
  name: '${name}-alerts'
  params: {
    name: name
    location: location
    mail: alertMail
    workspaceId: logs.id
    isServing: !empty(rootKeyVersion)
    appId: server.outputs.id
    accountIds: [data.outputs.id, keys.outputs.id]
  }
}

output address string = server.outputs.address
output rootVault string = vaults.outputs.rootName
output identityId string = identity.properties.principalId
output escrowAccount string = escrows.outputs.name
output setsAccount string = sets.outputs.name
