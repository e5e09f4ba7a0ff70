// A share that several instances mount, in an account of its own. Mounting needs the account's key: the platform has it, and
// no setting of the server.
param name string
param share string
param location string
param keepsDeletedDays int

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource service 'Microsoft.Storage/storageAccounts/fileServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    shareDeleteRetentionPolicy: keepsDeletedDays > 0 ? { enabled: true, days: keepsDeletedDays } : { enabled: false }
  }
}

resource folder 'Microsoft.Storage/storageAccounts/fileServices/shares@2023-05-01' = {
  parent: service
  name: share
  properties: { shareQuota: 100 }
}

output name string = account.name
