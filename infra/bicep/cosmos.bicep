// One store: an account with Strong consistency and one write region, its database, and the containers of
// docs/storage.md §8, which a server's own role cannot make.
param name string
param location string
param containers string[]
param unitsASecond int
param principalId string
param hasLongBackups bool

var database = 'keyrecovery'
// "Cosmos DB Built-in Data Contributor", the same in every account.
var contributor = '00000000-0000-0000-0000-000000000002'

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: true }]
    enableMultipleWriteLocations: false
    disableLocalAuth: true
    minimalTlsVersion: 'Tls12'
    backupPolicy: hasLongBackups
      ? { type: 'Continuous', continuousModeProperties: { tier: 'Continuous30Days' } }
      : {
          type: 'Periodic'
          // The least that the platform keeps: two copies, the older eight hours old.
          periodicModeProperties: {
            backupIntervalInMinutes: 240
            backupRetentionIntervalInHours: 8
            backupStorageRedundancy: 'Zone'
          }
        }
  }
}

resource databaseOf 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: database
  properties: { resource: { id: database } }
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for containerName in containers: {
    parent: databaseOf
    name: containerName
    properties: {
      resource: {
        id: containerName
        partitionKey: { paths: ['/pk'], kind: 'Hash', version: 2 }
        indexingPolicy: {
          automatic: true
          indexingMode: 'consistent'
          includedPaths: [{ path: '/pk/?' }]
          excludedPaths: [{ path: '/*' }]
        }
      }
      options: { autoscaleSettings: { maxThroughput: unitsASecond } }
    }
  }
]

resource assignment 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: account
  name: guid(account.id, principalId, contributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${account.id}/sqlRoleDefinitions/${contributor}'
    scope: account.id
  }
}

output id string = account.id
output endpoint string = account.properties.documentEndpoint
